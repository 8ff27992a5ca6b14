import { describe, expect, it } from 'vitest';
import { entryFault, unusableOf } from '../../../src/shared/map/entry-fault.ts';
import type { RawEntry } from '../../../src/shared/map/service-map.ts';
import { entry } from '../../helpers/signed-map.ts';

const faultOf = (overrides: object) => entryFault(entry('a', { ...overrides }) as unknown as RawEntry);

describe('entryFault()', () => {
  it.each([
    'host',
    'Host',
    'content-length',
    'Transfer-Encoding',
    'connection',
    'keep-alive',
    'proxy-connection',
    'te',
    'trailer',
    'upgrade',
    'expect',
    'http2-settings',
  ])('entryFault() reports the forbidden header %s, wherever an entry sets it', (name) => {
    expect(faultOf({ headers: { 'x-a': '1', [name]: '1' } })).toContain(`headers.${name} `);
    expect(faultOf({ auth: { type: 'apiKey', headerName: name } })).toContain('auth.headerName');
  });

  it.each([
    [{ auth: { type: 'Bearer' } }, 'auth.type "Bearer"'],
    [{ auth: { type: 'constructor' } }, 'auth.type "constructor"'],
    [{ auth: { type: 'x\u202e\u001b[2J' } }, 'auth.type "x??[2J"'],
    [{ auth: { type: 'bearer', oauth: {} } }, 'auth.oauth'],
    [
      { auth: { type: 'none', clientSecretEnv: 'HOME' } },
      'auth.clientSecretEnv is about a login, but auth.type is "none"',
    ],
    [{ oauth: true }, 'oauth must be an object, or false'],
    [{ oauth: null }, 'oauth must be an object'],
    [{ oauth: [] }, 'oauth must be an object'],
    [{ oauth: { clientId: '' } }, 'oauth.clientId must be'],
    [{ oauth: { clientId: 7 } }, 'oauth.clientId must be'],
    [{ oauth: { clientId: 'a\nb' } }, 'oauth.clientId must be'],
    [{ oauth: { clientId: 'a', clientSecretEnv: 'NOT A NAME' } }, 'oauth.clientSecretEnv must be the name'],
    [{ oauth: { clientSecretEnv: 'SECRET' } }, 'oauth.clientSecretEnv needs a clientId'],
    [{ oauth: { clientId: 'a', privateKeyEnv: '' } }, 'oauth.privateKeyEnv must be the name'],
    [{ oauth: { clientId: 'a', clientSecretEnv: 'A', privateKeyEnv: 'B' } }, 'oauth.privateKeyEnv cannot be combined'],
    [{ oauth: { clientId: 'a', clientSecret: 'hunter2' } }, 'oauth.clientSecret would be a secret'],
    [{ oauth: { scopes: ['a b'] } }, 'oauth.scopes must be'],
    [{ oauth: { scopes: [1] } }, 'oauth.scopes must be'],
    [{ oauth: { grant: 'password' } }, 'oauth.grant must be'],
    [{ oauth: { grant: 'client_credentials' } }, 'oauth.grant client_credentials needs a clientId'],
    [{ oauth: { grant: 'client_credentials', clientId: 'a' } }, 'oauth.grant client_credentials needs clientSecretEnv'],
    [{ oauth: { issuer: 'http://login.example.com' } }, 'oauth.issuer must be an https address'],
    [{ oauth: { issuer: 'https://login.example.com?tenant=a' } }, 'oauth.issuer must be'],
    [{ oauth: { issuer: 'javascript:alert(1)' } }, 'oauth.issuer must be'],
    [{ oauth: { clientMetadataUrl: 'https://example.com' } }, 'oauth.clientMetadataUrl must be'],
    [{ oauth: { clientMetadataUrl: 'http://127.0.0.1/client.json' } }, 'oauth.clientMetadataUrl must be'],
    [{ oauth: { callbackPort: 0 } }, 'oauth.callbackPort must be a port'],
    [{ oauth: { callbackPort: '8080' } }, 'oauth.callbackPort must be a port'],
    [{ auth: { type: 'oauth', callbackPort: 70_000 } }, 'auth.callbackPort must be a port'],
  ])('entryFault() reports that the entry settings %j cannot be used', (overrides, says) => {
    expect(faultOf(overrides)).toContain(says);
  });

  it.each([
    [{}],
    [{ auth: { type: 'none' } }],
    [{ auth: { type: 'bearer', note: 'kept' } }],
    [{ auth: { type: 'apiKey', headerName: 'x-api-key' }, headers: { 'x-host': 'a', authorization: 'b' } }],
    [{ oauth: { clientId: 'a client of this host' } }],
    [{ oauth: {} }],
    [{ oauth: false }],
    [
      {
        oauth: {
          clientId: 'a',
          clientSecretEnv: 'SECRET',
          scopes: 'read write',
          issuer: 'https://login.example.com/t',
        },
      },
    ],
    [{ oauth: { clientId: 'a', privateKeyEnv: 'KEY', grant: 'client_credentials', issuer: 'http://127.0.0.1:80' } }],
    [{ oauth: { callbackPort: 8080, clientMetadataUrl: 'https://example.com/client.json', later: { any: 1 } } }],
    // An entry with unsupported settings is accepted here, because its connector reports the settings later.
    [{ oauth: { dpop: true } }],
    [{ oauth: { grant: 'id-jag' } }],
    [{ auth: { type: 'oauth' } }],
    [{ auth: { type: 'oauth', clientId: 'a' }, oauth: { clientId: 'b' } }],
    [{ auth: { type: 'bearer' }, oauth: {} }],
  ])('entryFault() accepts the entry settings %j', (overrides) => {
    expect(faultOf(overrides)).toBeNull();
  });
});

it('unusableOf() returns the ids of the entries that were left out', () => {
  const entries = [entry('a'), entry('b', { auth: { type: 'mtls' } })] as unknown as RawEntry[];
  expect(unusableOf(entries)).toEqual([{ id: 'b', reason: 'auth.type "mtls" is not supported by this host' }]);
});
