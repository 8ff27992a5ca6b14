import { describe, expect, it } from 'vitest';
import { chooseScope, uniteScopes } from '../../../../../src/main/connectors/credentials/oauth/scopes.ts';
import { ENDPOINT, loginDiscovery, loginTarget, serverMetadata } from '../../../../helpers/logins/login-parts.ts';

const resourceMetadata = { resource: ENDPOINT, scopes_supported: ['r1', 'r2'] };
const plain = loginDiscovery({ resourceMetadata });
const offline = (overrides: Readonly<Record<string, unknown>> = {}) =>
  loginDiscovery({
    resourceMetadata,
    metadata: serverMetadata({ scopes_supported: ['offline_access'], ...overrides }) as never,
  });
const withScopes = loginTarget({ oauth: { scopes: ['own'] } });

describe('chooseScope', () => {
  it('chooseScope() prefers the scopes of the entry over those of the challenge and the metadata', () => {
    expect(chooseScope(withScopes, plain, null, 'c', 'person')).toBe('own');
    expect(chooseScope(loginTarget(), plain, null, 'c', 'person')).toBe('c');
    expect(chooseScope(loginTarget(), plain, null, null, 'person')).toBe('r1 r2');
  });

  it('chooseScope() returns null if no scope is named, so that the issuer chooses the scopes', () => {
    expect(chooseScope(loginTarget(), loginDiscovery(), null, null, 'person')).toBe(null);
    expect(chooseScope(loginTarget({ oauth: { scopes: [] } }), plain, null, 'c', 'person')).toBe(null);
  });

  it('in a step-up, chooseScope() requests all scopes that were granted, are required or are configured', () => {
    expect(chooseScope(withScopes, plain, 'a b', 'b c', 'person')).toBe('own a b c');
    expect(chooseScope(loginTarget(), plain, 'a b', null, 'machine')).toBe('a b');
  });

  it("chooseScope() adds offline_access to a person's login if the issuer supports it and a scope is requested", () => {
    expect(chooseScope(loginTarget(), offline(), null, 'c', 'person')).toBe('c offline_access');
    expect(chooseScope(loginTarget(), offline(), null, 'offline_access c', 'person')).toBe('offline_access c');
    expect(chooseScope(loginTarget(), offline(), null, 'c', 'machine')).toBe('c');
    expect(chooseScope(loginTarget({ oauth: { scopes: [] } }), offline(), null, null, 'person')).toBe(null);
  });

  it('chooseScope() does not add offline_access if the issuer issues no refresh tokens', () => {
    expect(
      chooseScope(loginTarget(), offline({ grant_types_supported: ['authorization_code'] }), null, 'c', 'person'),
    ).toBe('c');
    expect(chooseScope(loginTarget(), loginDiscovery({ metadata: null }), null, 'c', 'person')).toBe('c');
  });
});

describe('uniteScopes', () => {
  it('uniteScopes() returns each scope once, in order of appearance', () => {
    expect(uniteScopes('b a', null, 'a c')).toBe('b a c');
    expect(uniteScopes(null, '')).toBe(null);
  });
});
