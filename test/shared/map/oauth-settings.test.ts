import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { oauthFault } from '../../../src/shared/map/oauth-members.ts';
import { oauthSettingsOf } from '../../../src/shared/map/oauth-settings.ts';
import { normalizeEntry, type RawEntry } from '../../../src/shared/map/service-map.ts';
import { entry } from '../../helpers/signed-map.ts';

const settingsOf = (overrides: object) =>
  oauthSettingsOf(normalizeEntry(entry('a', { ...overrides }) as unknown as RawEntry, 300));

describe('oauthSettingsOf()', () => {
  it('oauthSettingsOf() returns nothing for an entry without OAuth settings, and for an entry with a key', () => {
    expect([settingsOf({}), settingsOf({ auth: { type: 'bearer' } }), settingsOf({ auth: { type: 'none' } })]).toEqual([
      null,
      null,
      null,
    ]);
  });

  it("oauthSettingsOf() returns 'off' if an entry disables logins", () => {
    expect([settingsOf({ oauth: false }), settingsOf({ auth: { type: 'oauth' }, oauth: false })]).toEqual([
      'off',
      'off',
    ]);
  });

  it('oauthSettingsOf() returns every supported setting, and no other settings', () => {
    const said = {
      clientId: 'a',
      clientSecretEnv: 'SECRET',
      scopes: ['read', 'write'],
      grant: 'client_credentials',
      issuer: 'https://login.example.com',
      clientMetadataUrl: 'https://example.com/client.json',
      callbackPort: 8080,
    };
    expect(settingsOf({ oauth: { ...said, later: true, clientSecret: 'never' } })).toEqual(said);
    expect(settingsOf({ auth: { type: 'oauth', headerName: 'x', ...said } })).toEqual(said);
  });

  it('normalizeEntry() keeps unknown OAuth settings in the entry', () => {
    const normal = normalizeEntry(entry('a', { oauth: { later: { a: 1 } } }) as unknown as RawEntry, 300);
    expect(normal.oauth).toEqual({ later: { a: 1 } });
  });

  it('oauthSettingsOf() splits a string of scopes, drops repeats, and treats an empty string as unset', () => {
    expect(settingsOf({ oauth: { scopes: 'read  write read' } })).toEqual({ scopes: ['read', 'write'] });
    expect([settingsOf({ oauth: { scopes: [] } }), settingsOf({ oauth: { scopes: '' } })]).toEqual([{}, {}]);
  });

  it('oauthSettingsOf() uses the member oauth instead of an auth of type oauth, and does not merge the two', () => {
    const both = { auth: { type: 'oauth', clientId: 'a', callbackPort: 1 }, oauth: { clientId: 'b' } };
    expect(settingsOf(both)).toEqual({ clientId: 'b' });
    expect(normalizeEntry(entry('a', both) as unknown as RawEntry, 300).auth).toBeUndefined();
  });

  it.each([
    [{ dpop: true }, 'DPoP'],
    [{ dpop: { alg: 'ES256' } }, 'DPoP'],
    [{ grant: 'id-jag' }, 'ID-JAG'],
    [{ grant: 'urn:ietf:params:oauth:grant-type:jwt-bearer' }, 'ID-JAG'],
    [{ xaa: true }, 'ID-JAG'],
    [{ grant: 'workload-identity' }, 'workload identity'],
    [{ workloadIdentity: {} }, 'workload identity'],
  ])('oauthSettingsOf() names the unsupported settings of %j', (oauth, unsupported) => {
    expect(settingsOf({ oauth: { clientId: 'a', ...oauth } })).toEqual({ clientId: 'a', unsupported });
  });

  it.each<object>([{ dpop: false }, { dpop: null }, { grant: 'authorization_code' }, { grant: 'toString' }])(
    'oauthSettingsOf() finds nothing unsupported in %j',
    (oauth) => {
      expect(settingsOf({ oauth })).not.toHaveProperty('unsupported');
    },
  );

  it('oauthSettingsOf() never throws, and never returns an invalid setting', () => {
    const member = fc.constantFrom('clientId', 'clientSecretEnv', 'scopes', 'grant', 'issuer', 'callbackPort', 'dpop');
    const oauth = fc.oneof(fc.jsonValue(), fc.dictionary(fc.oneof(member, fc.string()), fc.jsonValue()));
    fc.assert(
      fc.property(oauth, (value) => {
        const settings = oauthSettingsOf({ oauth: value });
        if (settings === null || settings === 'off') return;
        const { unsupported: _unsupported, ...said } = settings;
        const fault = oauthFault(said);
        // Every returned setting is valid on its own. Only a combination of settings may be invalid or incomplete.
        expect(fault === null || /needs|cannot be combined/.test(fault.why)).toBe(true);
      }),
    );
  });
});
