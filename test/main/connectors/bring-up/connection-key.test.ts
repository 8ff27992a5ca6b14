import { expect, it } from 'vitest';
import { connectionKey } from '../../../../src/main/connectors/bring-up/bring-up.ts';
import { markLocal } from '../../../../src/main/connectors/connection/local-entry.ts';
import { normalizeEntry, type RawEntry } from '../../../../src/shared/map/service-map.ts';
import { entry } from '../../../helpers/signed-map.ts';

const entryOf = (overrides: object) => normalizeEntry(entry('a', { ...overrides }) as unknown as RawEntry, 300);

const localKey = (secret: string | null) => {
  const local = entryOf({ oauth: { clientId: 'a' } });
  markLocal(local, null, 'the registry', secret);
  return connectionKey(local);
};

it('connectionKey() returns a different key if the login settings or the secret of an entry differ', () => {
  const keys = [
    connectionKey(entryOf({})),
    connectionKey(entryOf({ oauth: false })),
    connectionKey(entryOf({ oauth: {} })),
    connectionKey(entryOf({ oauth: { clientId: 'a' } })),
    connectionKey(entryOf({ oauth: { clientId: 'b' } })),
    connectionKey(entryOf({ oauth: { clientId: 'a', dpop: true } })),
    localKey(null),
    localKey('one'),
    localKey('two'),
  ];
  expect(new Set(keys).size).toBe(keys.length);
});

it('connectionKey() is the same for all ways to write the same login settings, and ignores unknown members', () => {
  const key = connectionKey(entryOf({ oauth: { clientId: 'a', scopes: ['r', 'w'] } }));
  expect(connectionKey(entryOf({ auth: { type: 'oauth', clientId: 'a', scopes: 'r w' } }))).toBe(key);
  expect(connectionKey(entryOf({ oauth: { scopes: ['r', 'w'], note: 1, clientId: 'a' } }))).toBe(key);
});
