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
    ['nothing for none', { type: 'none' }, []],
    ['a bearer token', { type: 'bearer' }, ['Authorization', 'Bearer K']],
    ['the raw key in its header', { type: 'apiKey', headerName: 'x-api-key' }, ['x-api-key', 'K']],
    ['a bearer token for a key without a header', { type: 'apiKey' }, ['Authorization', 'Bearer K']],
    [
      'a bearer token for a key in Authorization',
      { type: 'apiKey', headerName: 'authorization' },
      ['Authorization', 'Bearer K'],
    ],
  ])('gives %s', (_, auth, expected) => {
    expect(staticCredentials(normalized({ auth }), 'K').headers(null, SENDING)).toEqual(expected);
  });

  it('are none for an entry without auth and Authorization, so that a refusal costs nothing', () => {
    expect(staticCredentials(normalized({ headers: { 'x-tenant': 't' } }), null)).toBe(NO_CREDENTIALS);
  });

  it('fail where a key is asked for and there is none', () => {
    expect(() => staticCredentials(normalized({ auth: { type: 'bearer' } }), null)).toThrow(
      expect.objectContaining({ code: 'CONNECTOR_AUTH_MISSING' }),
    );
  });

  it.each<[string, 401 | 403, string | null, unknown]>([
    [
      'where the challenge offers one',
      401,
      'Bearer resource_metadata="https://a.test/m"',
      expect.stringMatching(/login/),
    ],
    ['not where it offers none', 401, 'Bearer realm="a"', null],
    ['not without a challenge', 401, null, null],
    ['not for a key that may too little', 403, 'Bearer resource_metadata="https://a.test/m"', null],
  ])('speak of the login that a server also has: %s', async (_, status, challenge, hint) => {
    const credentials = staticCredentials(normalized({ headers: { authorization: 'Bearer old' } }), null);
    expect(await credentials.refused(refusal(status, challenge), [], null)).toEqual({ kind: 'refused', hint });
  });
});
