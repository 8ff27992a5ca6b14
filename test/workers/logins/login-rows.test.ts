import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { MemoryLogins } from '../../../src/main/state-dir/memory-logins.ts';
import {
  clientIdOf,
  type LoginRow,
  type LoginRowName,
  type LoginRows,
  loginIdOf,
  type RefreshTurn,
  type StoredLogins,
} from '../../../src/shared/logins/login-records.ts';
import type { LoginStore } from '../../../src/shared/logins/login-store.ts';
import { LoginKeeper } from '../../../src/workers/logins/login-keeper.ts';
import { bindingOf, clientOf, keyOf, tokensOf } from '../../helpers/logins.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

/** The methods that the store on disk and the store in memory share. */
interface Store extends Pick<LoginStore, 'saveLogin' | 'removeLogin' | 'beginRefresh' | 'endRefresh'> {
  saveBinding(binding: ReturnType<typeof bindingOf>): Promise<unknown>;
  saveClient(client: ReturnType<typeof clientOf>): Promise<unknown>;
  readAll(): Promise<StoredLogins>;
  readRows(names: readonly LoginRowName[] | null): Promise<LoginRows>;
  adoptRows(rows: readonly LoginRow[]): Promise<readonly LoginRowName[]>;
}

function onDisk(stateDir: string): Store & { close(): Promise<void> } {
  const keeper = new LoginKeeper({ stateDir, tell: () => {}, keyring: null });
  return Object.assign(keeper, {
    readRows: keeper.rows.read.bind(keeper.rows),
    adoptRows: keeper.rows.adopt.bind(keeper.rows),
  });
}

const loginRow = (name: string, generation: number, over: object = {}): LoginRow => ({
  kind: 'login',
  id: loginIdOf(keyOf(name)),
  generation,
  value: { key: keyOf(name), tokens: tokensOf(name), lostBecause: null, ...over },
});

describe.each(['on disk', 'in memory'])('login rows, stored %s', (where) => {
  const world = () => {
    const dir = new TempDir();
    const disk = where === 'on disk' ? onDisk(dir.path) : null;
    const store: Store = disk ?? new MemoryLogins();
    const dispose = async (): Promise<void> => {
      await disk?.close();
      dir[Symbol.dispose]();
    };
    return { store, dir: dir.path, [Symbol.asyncDispose]: dispose };
  };

  it('login rows contain all stored and removed logins, with increasing generations', async () => {
    await using w = world();
    const { store } = w;
    expect(await store.readRows(null)).toEqual({ storeId: null, rows: [] });
    await store.saveBinding(bindingOf('a'));
    await store.saveClient(clientOf('a'));
    const { loginId } = await store.saveLogin(keyOf('a'), tokensOf('a'));
    await store.saveLogin(keyOf('b'), tokensOf('b'));
    await store.removeLogin(loginId);
    const { storeId, rows } = await store.readRows(null);
    expect(storeId).toEqual(expect.any(String));
    expect(rows).toHaveLength(4);
    expect(rows).toEqual(
      expect.arrayContaining([
        { kind: 'binding', id: bindingOf('a').bindingId, generation: 1, value: bindingOf('a') },
        { kind: 'client', id: clientIdOf(keyOf('a').issuer), generation: 1, value: clientOf('a') },
        { kind: 'login', id: loginId, generation: 2, value: null },
        loginRow('b', 1),
      ]),
    );
    const [one] = (await store.readRows([{ kind: 'login', id: loginId }])).rows;
    expect(one).toMatchObject({ id: loginId, generation: 2 });
    expect((await store.readRows([{ kind: 'login', id: 'unknown' }])).rows).toEqual([]);
  });

  it('login rows are replaced by newer rows of another host, but not by older rows', async () => {
    await using w = world();
    const { store } = w;
    const { loginId } = await store.saveLogin(keyOf('a'), tokensOf('a'));
    await store.saveLogin(keyOf('a'), tokensOf('newer'));
    const older = [loginRow('a', 1), loginRow('a', 2)];
    for (const row of older) expect(await store.adoptRows([row])).toEqual([]);
    const newer = loginRow('a', 7, { home: 'another store' });
    expect(await store.adoptRows([newer])).toMatchObject([{ kind: 'login', id: loginId }]);
    expect((await store.readAll()).logins).toEqual([
      { loginId, key: keyOf('a'), generation: 7, tokens: tokensOf('a'), lostBecause: null, home: 'another store' },
    ]);
    expect(await store.adoptRows([{ kind: 'login', id: loginId, generation: 8, value: null }])).toHaveLength(1);
    expect((await store.readAll()).logins).toEqual([]);
    // The row of a logout is newer too, so an older login does not return.
    expect(await store.adoptRows([newer])).toEqual([]);
    expect(await store.saveLogin(keyOf('a'), tokensOf('b'))).toMatchObject({ generation: 9 });
  });

  it('a login row from another host ends a running refresh, and belongs to this host after its next refresh', async () => {
    await using w = world();
    const { store } = w;
    const { loginId } = await store.saveLogin(keyOf('a'), tokensOf('a'));
    const turn = (await store.beginRefresh(loginId, 1)) as Extract<RefreshTurn, { kind: 'go' }>;
    await store.adoptRows([loginRow('a', 2, { home: 'another store' })]);
    const late = { kind: 'refreshed', tokens: tokensOf('late') } as const;
    expect(await store.endRefresh(loginId, turn.leaseId, late)).toMatchObject({ generation: 2, tokens: tokensOf('a') });
    const own = (await store.beginRefresh(loginId, 2)) as Extract<RefreshTurn, { kind: 'go' }>;
    expect(own).toMatchObject({ kind: 'go', mayBeSpent: false });
    const refreshed = await store.endRefresh(loginId, own.leaseId, late);
    expect(refreshed).toMatchObject({ generation: 3, tokens: tokensOf('late') });
    expect(refreshed?.home).toBeUndefined();
    const [row] = (await store.readRows([{ kind: 'login', id: loginId }])).rows;
    expect(row?.value).not.toHaveProperty('home');
  });
});

it('login rows that cannot be decrypted are left out, and replaced by rows of another host', async () => {
  using dir = new TempDir();
  const before = onDisk(dir.path);
  const { loginId } = await before.saveLogin(keyOf('a'), tokensOf('a'));
  await before.close();
  const database = new DatabaseSync(`${dir.path}/logins.sqlite`);
  database.exec("UPDATE sealed_record SET box = x'0102'");
  database.close();
  const store = onDisk(dir.path);
  expect((await store.readRows(null)).rows).toEqual([]);
  expect(await store.adoptRows([loginRow('a', 1)])).toEqual([{ kind: 'login', id: loginId }]);
  expect((await store.readRows(null)).rows).toEqual([loginRow('a', 1)]);
  await store.close();
});
