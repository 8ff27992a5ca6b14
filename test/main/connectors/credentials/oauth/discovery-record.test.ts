import { describe, expect, it } from 'vitest';
import {
  packDiscovery,
  pickResourceMetadata,
  pickServerMetadata,
  unpackDiscovery,
} from '../../../../../src/main/connectors/credentials/oauth/discovery-record.ts';
import { ENDPOINT, ISSUER, loginDiscovery, serverMetadata } from '../../../../helpers/logins/login-parts.ts';

const changed = (change: (value: Record<string, unknown>) => unknown): string => {
  const value = JSON.parse(packDiscovery(loginDiscovery()));
  return JSON.stringify(change(value));
};

describe('unpackDiscovery', () => {
  it('unpackDiscovery() restores a discovery from the string that packDiscovery() returned', () => {
    expect(unpackDiscovery(packDiscovery(loginDiscovery()))).toEqual(loginDiscovery());
  });

  it('unpackDiscovery() restores a discovery without metadata', () => {
    const bare = loginDiscovery({ metadata: null, resourceMetadata: null });
    expect(unpackDiscovery(packDiscovery(bare))).toEqual(bare);
  });

  it.each<[string, string]>([
    ['invalid JSON', '{'],
    ['an array in place of an object', '[]'],
    ['JSON that nests too deeply', '['.repeat(500)],
    ['no issuer', changed((value) => ({ ...value, issuer: 1 }))],
    ['an issuer that differs from its metadata', changed((value) => ({ ...value, issuer: 'https://other.test' }))],
    [
      'metadata of another issuer',
      changed((value) => ({ ...value, metadata: serverMetadata({ issuer: 'https://other.test' }) })),
    ],
    [
      'an endpoint that is not allowed',
      changed((value) => ({ ...value, metadata: serverMetadata({ token_endpoint: 'http://a.test/' }) })),
    ],
    ['an invalid endpoint', changed((value) => ({ ...value, metadata: serverMetadata({ token_endpoint: 1 }) }))],
    ['metadata that is not an object', changed((value) => ({ ...value, metadata: 'x' }))],
    ['resource metadata without a resource', changed((value) => ({ ...value, resourceMetadata: {} }))],
    ['a resource that is not a URL', changed((value) => ({ ...value, resource: 'x' }))],
  ])('unpackDiscovery() rejects a record with %s', (_, text) => {
    expect(unpackDiscovery(text)).toBe(null);
  });
});

describe('pickServerMetadata', () => {
  it('pickServerMetadata() keeps only the known members that have the right types', () => {
    const picked = pickServerMetadata({
      ...serverMetadata({
        scopes_supported: ['a'],
        grant_types_supported: [1],
        client_id_metadata_document_supported: 'yes',
      }),
      logo: 'x'.repeat(1000),
    });
    expect(picked).toEqual(serverMetadata({ scopes_supported: ['a'] }));
  });

  it.each(['issuer', 'authorization_endpoint', 'token_endpoint', 'response_types_supported'])(
    'pickServerMetadata() returns null for metadata without %s',
    (name) => {
      expect(pickServerMetadata(serverMetadata({ [name]: undefined }))).toBe(null);
    },
  );
});

describe('pickResourceMetadata', () => {
  it('pickResourceMetadata() keeps only the known members, and requires `resource`', () => {
    const found = {
      resource: ENDPOINT,
      authorization_servers: [ISSUER],
      scopes_supported: ['a'],
      resource_name: 'n',
      jwks_uri: 'x',
    };
    const { jwks_uri: _, ...used } = found;
    expect(pickResourceMetadata(found)).toEqual(used);
    expect(pickResourceMetadata({ authorization_servers: [ISSUER] })).toBe(null);
  });
});
