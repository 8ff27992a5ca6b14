import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LocalConfig, parseLocalConfig } from '../../../../src/main/local-config/local-config.ts';

const URL = 'https://a.example/mcp';
const env = { SECRET: 'hunter2', ID: 'an-id', EMPTY: '' };

const parse = (entry: object, variables: typeof env | null = env): LocalConfig =>
  parseLocalConfig(JSON.stringify({ mcpServers: { x: { url: URL, ...entry }, y: { command: 'y' } } }), {
    source: 'mcp.json',
    env: variables,
    folder: '/work',
  });

const loginOf = (entry: object) => {
  const { servers, problems } = parse(entry);
  expect(problems).toEqual([]);
  return { oauth: servers[0]?.entry.oauth, secret: servers[0]?.login.clientSecret };
};

describe('login in a local config file', () => {
  it.each([
    [{}, undefined, null],
    [{ oauth: null }, undefined, null],
    [{ oauth: {} }, {}, null],
    [{ oauth: true }, {}, null],
    [{ oauth: false }, false, null],
    [{ oauth: { enabled: false, clientId: 'a' } }, false, null],
    [{ auth: 'none' }, false, null],
    [{ auth: 'oauth' }, {}, null],
    [{ auth: 'none', oauth: {} }, {}, null],
    [{ auth: { type: 'none' } }, undefined, null],
    [{ auth: { type: 'oauth', clientId: 'a', callbackPort: 80 } }, { clientId: 'a', callbackPort: 80 }, null],
    [{ auth: { CLIENT_ID: 'a', CLIENT_SECRET: 'b' }, oauth: { clientId: 'c' } }, { clientId: 'c' }, 'b'],
    [{ requiresOAuth: true }, {}, null],
    [{ requiresOAuth: false }, undefined, null],
    [
      { oauth: { clientId: '$'.concat('{ID}'), clientSecret: '$'.concat('{env:SECRET}') } },
      { clientId: 'an-id' },
      'hunter2',
    ],
    [{ oauth: { clientId: 'a', clientSecret: '$'.concat('{EMPTY}'), issuer: '' } }, { clientId: 'a' }, null],
    [{ oauth: { clientId: 'a', clientSecretEnv: 'SECRET' } }, { clientId: 'a', clientSecretEnv: 'SECRET' }, null],
    [
      { oauth: { clientId: 'a', grant: 'client_credentials', clientSecret: 'b' } },
      { clientId: 'a', grant: 'client_credentials' },
      'b',
    ],
    [{ oauth: { callbackPort: '8080' } }, { callbackPort: 8080 }, null],
    [{ oauth: { redirectUri: 'http://localhost:8080/callback' } }, { callbackPort: 8080 }, null],
    [{ oauth: { scopes: [] } }, {}, null],
  ])('the login settings of a server in a local config file are read from %j', (entry, oauth, secret) => {
    expect(loginOf(entry)).toEqual({ oauth, secret });
  });

  it.each([
    ['oauth', { oauth: 'yes' }, 'must be an object, or false'],
    ['oauth', { oauth: [] }, 'must be an object, or false'],
    ['oauth.clientId', { oauth: { clientId: 7 } }, 'must be a string'],
    ['oauth.client_id', { oauth: { client_id: 'a\u0007' } }, 'visible ASCII'],
    ['oauth.clientSecret', { oauth: { clientId: 'a', clientSecret: '$'.concat('{NOT_SET}') } }, 'which is not set'],
    [
      'oauth.clientSecret',
      { oauth: { clientId: 'a', clientSecret: '***masked***' } },
      'placeholder for a masked secret',
    ],
    [
      'oauth.clientSecretEnv',
      { oauth: { clientId: 'a', clientSecretEnv: '$'.concat('{SECRET}') } },
      'must be the name',
    ],
    ['oauth.clientSecretEnv', { oauth: { clientSecretEnv: 'SECRET' } }, 'needs a clientId'],
    [
      'oauth.privateKeyEnv',
      { oauth: { clientId: 'a', privateKeyEnv: 'A', clientSecretEnv: 'B' } },
      'cannot be combined',
    ],
    ['oauth.scopes', { oauth: { scopes: 1 } }, 'must be an array of scopes'],
    ['oauth.scopes[1]', { oauth: { scopes: ['a', 'b"c'] } }, 'not allowed in a scope'],
    ['oauth.grant', { oauth: { grant: 'password' } }, 'must be authorization_code'],
    [
      'oauth.grant',
      { oauth: { grant: 'client_credentials', clientId: 'a' } },
      'needs clientSecretEnv or privateKeyEnv',
    ],
    ['oauth.issuer', { oauth: { issuer: 'http://login.example' } }, 'must be an https address'],
    ['oauth.callbackPort', { oauth: { callbackPort: 0 } }, 'must be a port'],
    ['auth.callback_port', { auth: { callback_port: 'high' } }, 'must be a port'],
    ['oauthClientId', { oauthClientId: {} }, 'must be a string'],
  ])('a server in a local config file is skipped if its setting %s is invalid: %j', (member, entry, why) => {
    const { servers, problems } = parse(entry);
    expect(servers.map((server) => server.entry.id)).toEqual(['y']);
    const place = `mcpServers["x"].${member}`;
    expect(problems).toEqual([
      expect.objectContaining({ severity: 'error', place, message: expect.stringContaining(why) }),
    ]);
    expect(problems[0]?.message).not.toContain('hunter2');
  });

  it.each([
    ['oauth.tokenUrl', { oauth: { tokenUrl: 'https://a.example/t' } }, 'is not used: a login uses the addresses'],
    ['oauth.token_endpoint', { oauth: { token_endpoint: 'https://a.example/t' } }, 'is not used'],
    [
      'oauth.clientld',
      { oauth: { clientld: 'a' } },
      'is unknown and has no effect; the nearest known name is clientId',
    ],
    ['oauth.clientSecret', { oauth: { clientSecret: 'hunter2' } }, 'has no client id next to it'],
    ['auth.dpop', { auth: { type: 'oauth', dpop: true } }, 'requires a login with DPoP'],
    ['oauth.grant', { oauth: { grant: 'id-jag' } }, 'requires a login with ID-JAG'],
    ['oauth.redirectUri', { oauth: { redirectUri: 'cursor://anysphere/callback' } }, 'register http://localhost:PORT'],
    ['oauth.redirectUri', { oauth: { redirectUri: ':7778' } }, 'register http://localhost:7778/callback'],
  ])('a server in a local config file is kept with one warning about %s: %j', (member, entry, why) => {
    const { servers, problems } = parse(entry);
    expect(servers).toHaveLength(2);
    const place = `mcpServers["x"].${member}`;
    expect(problems).toEqual([
      expect.objectContaining({ severity: 'warning', place, message: expect.stringContaining(why) }),
    ]);
    expect(problems[0]?.message).not.toContain('hunter2');
  });

  it('login settings next to an API key are ignored, so variables in these settings need not be set', () => {
    const auth = { CLIENT_ID: '$'.concat('{NOT_SET}') };
    const { servers, problems } = parse({ headers: { Authorization: 'Bearer t' }, auth });
    expect([servers.length, problems]).toEqual([2, []]);
    expect(servers[0]?.entry.oauth).toBeUndefined();
    expect(servers[0]?.login.rest).toEqual({ clientId: '$'.concat('{NOT_SET}') });
  });

  it('variables in the login settings of a local config file stay unexpanded if no environment is given', () => {
    const secret = '$'.concat('{SECRET}');
    const { servers } = parse({ oauth: { clientId: 'a', clientSecret: secret, issuer: secret } }, null);
    expect([servers[0]?.entry.oauth, servers[0]?.login.clientSecret]).toEqual([
      { clientId: 'a', issuer: secret },
      secret,
    ]);
  });

  it('reading login settings never throws, and never puts a secret into the entry', () => {
    const secret = 'a-secret-of-the-file';
    const text = fc.constantFrom(
      'a',
      secret,
      '',
      'read',
      'https://a.example',
      '$'.concat('{ID}'),
      'client_credentials',
    );
    const value = fc.oneof(
      text,
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(text),
      fc.dictionary(text, text),
    );
    const plain = [
      'clientId',
      'client_id',
      'scope',
      'grant',
      'issuer',
      'callbackPort',
      'redirectUri',
      'enabled',
      'type',
    ];
    const secrets = ['clientSecret', 'client_secret', 'CLIENT_SECRET', 'password', 'refresh_token', 'dpop'];
    const harmless = value.filter((it) => !JSON.stringify(it).includes(secret));
    const object = fc
      .tuple(fc.dictionary(fc.constantFrom(...plain), harmless), fc.dictionary(fc.constantFrom(...secrets), value))
      .map(([some, others]) => ({ ...some, ...others }));
    const beside = fc.dictionary(fc.constantFrom('oauthClientSecret', 'oauth_client_secret'), value);
    const entry = fc
      .tuple(
        fc.record({ oauth: fc.oneof(object, harmless), auth: fc.oneof(object, harmless) }, { requiredKeys: [] }),
        beside,
      )
      .map(([logins, others]) => ({ ...logins, ...others }));
    fc.assert(
      fc.property(entry, (given) => {
        const { servers, problems } = parse(given);
        expect(JSON.stringify([servers.map((server) => server.entry), problems])).not.toContain(secret);
      }),
      { numRuns: 1_000 },
    );
  });
});
