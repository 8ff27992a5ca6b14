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
    ['nothing without auth', undefined, []],
    ['nothing for type none', { type: 'none' }, []],
    ['a bearer token', { type: 'bearer' }, ['Authorization', 'Bearer K']],
    ['the raw key in its header', { type: 'apiKey', headerName: 'x-api-key' }, ['x-api-key', 'K']],
    ['a bearer token for a key without a header', { type: 'apiKey' }, ['Authorization', 'Bearer K']],
    [
      'a bearer token for a key in Authorization',
      { type: 'apiKey', headerName: 'authorization' },
      ['Authorization', 'Bearer K'],
    ],
  ])('staticCredentials() returns %s', (_, auth, expected) => {
    expect(staticCredentials(normalized({ auth }), 'K').headers(null, SENDING)).toEqual(expected);
  });

  it('staticCredentials() returns NO_CREDENTIALS for an entry with neither auth nor an Authorization header', () => {
    expect(staticCredentials(normalized({ headers: { 'x-tenant': 't' } }), null)).toBe(NO_CREDENTIALS);
  });

  it('staticCredentials() throws if a key is required and missing', () => {
    expect(() => staticCredentials(normalized({ auth: { type: 'bearer' } }), null)).toThrow(
      expect.objectContaining({ code: 'CONNECTOR_AUTH_MISSING' }),
    );
  });

  it.each<[string, 401 | 403, string | null, unknown]>([
    ['if the challenge offers one', 401, 'Bearer resource_metadata="https://a.test/m"', expect.stringMatching(/login/)],
    ['not if the challenge offers none', 401, 'Bearer realm="a"', null],
    ['not without a challenge', 401, null, null],
    ['not for a key with insufficient scope', 403, 'Bearer resource_metadata="https://a.test/m"', null],
  ])('a rejected static key causes a hint about a login of the server: %s', async (_, status, challenge, hint) => {
    const credentials = staticCredentials(normalized({ headers: { authorization: 'Bearer old' } }), null);
    expect(await credentials.refused(refusal(status, challenge), [], null)).toEqual({ kind: 'refused', hint });
  });
});
