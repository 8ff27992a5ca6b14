import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { StoreNote } from '../../../../src/shared/servers/store-notes.ts';
import { keyFilePath } from '../../../../src/workers/logins/keys/key-file.ts';
import { LoginKeeper } from '../../../../src/workers/logins/login-keeper.ts';
import { FakeKeyring } from '../../../helpers/fake-keyring.ts';
import { keyOf, tokensOf } from '../../../helpers/logins.ts';
import { TempDir } from '../../../helpers/temp-dir.ts';

/** Creates a state folder, and login keepers that open it one after another, like separate processes. */
function world() {
  const dir = new TempDir();
  const keepers: LoginKeeper[] = [];
  const notes: StoreNote[] = [];
  const start = (keyring: FakeKeyring | null): LoginKeeper => {
    const keeper = new LoginKeeper({ stateDir: dir.path, tell: (note) => notes.push(note), keyring });
    keepers.push(keeper);
    return keeper;
  };
  return {
    dir: dir.path,
    notes,
    start,
    read: async (keyring: FakeKeyring | null) => {
      const { logins, unreadable } = await start(keyring).readAll();
      return { names: logins.map(({ key }) => key.clientId).sort(), unreadable };
    },
    save: (keyring: FakeKeyring | null, name: string) => start(keyring).saveLogin(keyOf(name), tokensOf(name)),
    async [Symbol.asyncDispose]() {
      await Promise.all(keepers.map((keeper) => keeper.close()));
      dir[Symbol.dispose]();
    },
  };
}

describe('login encryption key', () => {
  it('the login encryption key is stored only in the keyring if there is one', async () => {
    await using w = world();
    const keyring = new FakeKeyring();
    await w.save(keyring, 'a');
    expect(keyring.secrets.size).toBe(1);
    expect(existsSync(keyFilePath(w.dir))).toBe(false);
    expect(await w.read(keyring)).toEqual({ names: ['client-a'], unreadable: 0 });
    expect(w.notes).toEqual([]);
  });

  it('the login encryption key is stored in the file if the keyring is unavailable, and stays there afterwards', async () => {
    await using w = world();
    const keyring = new FakeKeyring();
    keyring.isLocked = true;
    await w.save(keyring, 'a');
    expect(w.notes).toEqual([{ kind: 'login-key-file', path: keyFilePath(w.dir), reason: 'It is locked.' }]);
    keyring.isLocked = false;
    await w.save(keyring, 'b');
    expect([keyring.secrets.size, await w.read(keyring)]).toEqual([
      0,
      { names: ['client-a', 'client-b'], unreadable: 0 },
    ]);
  });

  it('the keyring and the file may hold different login keys, and no login row is lost while the keyring is locked', async () => {
    await using w = world();
    const keyring = new FakeKeyring();
    await w.save(keyring, 'a');
    keyring.isLocked = true;
    expect(await w.read(keyring)).toEqual({ names: [], unreadable: 1 });
    await w.save(keyring, 'b');
    expect(await w.read(keyring)).toEqual({ names: ['client-b'], unreadable: 1 });
    keyring.isLocked = false;
    expect(await w.read(keyring)).toEqual({ names: ['client-a', 'client-b'], unreadable: 0 });
  });

  it('after the keyring failed, the login encryption key is requested once more, but not for each read', async () => {
    await using w = world();
    const keyring = new FakeKeyring();
    await w.save(keyring, 'a');
    keyring.isLocked = true;
    const keeper = w.start(keyring);
    const before = keyring.asked.length;
    for (let times = 0; times < 5; times += 1) await keeper.readAll();
    expect(keyring.asked.length - before).toBe(1);
    const unreadable = w.notes.filter(({ kind }) => kind === 'logins-unreadable');
    expect(unreadable).toMatchObject([{ otherKey: 1, damaged: 0, keyringFailure: 'It is locked.' }]);
  });

  it('two concurrent processes with a keyring use the same login encryption key', async () => {
    await using w = world();
    const keyring = new FakeKeyring();
    const [one, two] = [w.start(keyring), w.start(keyring)];
    await Promise.all([one.saveLogin(keyOf('a'), tokensOf('a')), two.saveLogin(keyOf('b'), tokensOf('b'))]);
    expect(keyring.secrets.size).toBe(1);
    expect(await w.read(keyring)).toEqual({ names: ['client-a', 'client-b'], unreadable: 0 });
  });

  it('a new login key is created if the old key was removed from the keyring, and old login rows are unreadable', async () => {
    await using w = world();
    const keyring = new FakeKeyring();
    await w.save(keyring, 'a');
    keyring.secrets.clear();
    expect(await w.read(keyring)).toEqual({ names: [], unreadable: 1 });
    await w.save(keyring, 'b');
    expect(await w.read(keyring)).toEqual({ names: ['client-b'], unreadable: 1 });
    for (const account of keyring.secrets.keys()) keyring.secrets.set(account, Buffer.alloc(32, 9));
    expect(await w.read(keyring)).toEqual({ names: [], unreadable: 2 });
  });

  it('login rows are unreadable while the key file holds another key', async () => {
    await using w = world();
    await w.save(null, 'a');
    const old = readFileSync(keyFilePath(w.dir));
    writeFileSync(keyFilePath(w.dir), Buffer.alloc(32, 9));
    expect(await w.read(null)).toEqual({ names: [], unreadable: 1 });
    expect(w.notes.at(-1)).toMatchObject({ kind: 'logins-unreadable', otherKey: 1, damaged: 0, keyringFailure: null });
    expect(await w.start(null).beginRefresh('no such login', 1)).toEqual({ kind: 'gone' });
    writeFileSync(keyFilePath(w.dir), old);
    expect(await w.read(null)).toEqual({ names: ['client-a'], unreadable: 0 });
  });

  it('a deleted login key file is written again by a process that knows the key, so that login rows stay readable', async () => {
    await using w = world();
    const keeper = w.start(null);
    await keeper.saveLogin(keyOf('a'), tokensOf('a'));
    rmSync(keyFilePath(w.dir));
    expect((await keeper.readAll()).unreadable).toBe(0);
    await keeper.saveLogin(keyOf('b'), tokensOf('b'));
    expect(await w.read(null)).toEqual({ names: ['client-a', 'client-b'], unreadable: 0 });
  });

  it('the login key file gets a new key if it was deleted and no process knows the old key', async () => {
    await using w = world();
    await w.save(null, 'a');
    rmSync(keyFilePath(w.dir));
    await w.save(null, 'b');
    expect(await w.read(null)).toEqual({ names: ['client-b'], unreadable: 1 });
    // A new login of the same connector replaces the unreadable login.
    expect(await w.save(null, 'a')).toMatchObject({ generation: 2 });
    expect(await w.read(null)).toEqual({ names: ['client-a', 'client-b'], unreadable: 0 });
  });
});
