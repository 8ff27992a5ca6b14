import { describe, expect, it } from 'vitest';
import { NO_CREDENTIALS } from '../../../../src/main/connectors/credentials/credentials.ts';
import { staticCredentials } from '../../../../src/main/connectors/credentials/static-credentials.ts';
import { normalized } from '../../../helpers/connector-under-test.ts';
import type { Json } from '../../../helpers/signed-map.ts';

const SENDING = { method: 'POST', url: new URL('https://a.test/mcp') };
const refusal = (status: 401 | 403, wwwAuthenticate: string | null) => ({
  ...{ status, wwwAuthenticate },
  ...{ url: SENDING.url, dpopNonce: null, method: 'POST', resends: 0 },
});

describe('staticCredentials', () => {
  it.each<[string, Json | undefined, readonly string[]]>([
    ['no header if the entry has no auth', undefined, []],
    ['no header for the auth type none', { type: 'none' }, []],
    ['a bearer token for the auth type bearer', { type: 'bearer' }, ['Authorization', 'Bearer K']],
    [
      'the unchanged API key in the header that the entry names',
      { type: 'apiKey', headerName: 'x-api-key' },
      ['x-api-key', 'K'],
    ],
    ['a bearer token for an API key without a header name', { type: 'apiKey' }, ['Authorization', 'Bearer K']],
    [
      'a bearer token for an API key in the header Authorization',
      { type: 'apiKey', headerName: 'authorization' },
      ['Authorization', 'Bearer K'],
    ],
  ])('staticCredentials() returns %s', (_, auth, expected) => {
    expect(staticCredentials(normalized({ auth }), 'K').headers(null, SENDING)).toEqual(expected);
  });

  it('staticCredentials() returns `NO_CREDENTIALS` for an entry with neither auth nor an Authorization header', () => {
    expect(staticCredentials(normalized({ headers: { 'x-tenant': 't' } }), null)).toBe(NO_CREDENTIALS);
  });

  it('staticCredentials() throws if a key is required and missing', () => {
    expect(() => staticCredentials(normalized({ auth: { type: 'bearer' } }), null)).toThrow(
      expect.objectContaining({ code: 'CONNECTOR_AUTH_MISSING' }),
    );
  });

  it.each<[string, 401 | 403, string | null, unknown]>([
    [
      'suggests a login if the challenge for a rejected key offers one',
      401,
      'Bearer resource_metadata="https://a.test/m"',
      expect.stringMatching(/login/),
    ],
    ['suggests no login if the challenge for a rejected key offers none', 401, 'Bearer realm="a"', null],
    ['suggests no login if a key is rejected without a challenge', 401, null, null],
    ['suggests no login for a key with too few scopes', 403, 'Bearer resource_metadata="https://a.test/m"', null],
  ])('staticCredentials() %s', async (_, status, challenge, hint) => {
    const credentials = staticCredentials(normalized({ headers: { authorization: 'Bearer old' } }), null);
    expect(await credentials.refused(refusal(status, challenge), [], null)).toEqual({ kind: 'refused', hint });
  });
});
