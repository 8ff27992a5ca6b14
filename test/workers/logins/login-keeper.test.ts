import {
  chmodSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { type LoginTokens, loginIdOf } from '../../../src/shared/logins/login-records.ts';
import { LEASE_MS } from '../../../src/shared/logins/refresh-turns.ts';
import type { StoreNote } from '../../../src/shared/servers/store-notes.ts';
import { LoginKeeper } from '../../../src/workers/logins/login-keeper.ts';
import { eventually } from '../../helpers/eventually.ts';
import { SECRET_MARK } from '../../helpers/evidence.ts';
import { bindingOf, clientOf, keyOf, tokensOf } from '../../helpers/logins.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const NOTHING = { bindings: [], logins: [], clients: [], unreadable: 0 };
const isWindows = process.platform === 'win32';

/** Creates a state folder with a key file. `start` opens a login keeper with the test clock and its own lease owner. */
function world() {
  const dir = new TempDir();
  const path = join(dir.path, 'logins.sqlite');
  const keepers: LoginKeeper[] = [];
  const notes: StoreNote[] = [];
  const gone = new Set<string>();
  let nowMs = 1_000;
  const start = (owner = `owner-${keepers.length}`): LoginKeeper => {
    const keeper = new LoginKeeper({
      stateDir: dir.path,
      tell: (note) => notes.push(note),
      keyring: null,
      clock: { now: () => nowMs },
      owners: { own: () => owner, isGone: (name) => gone.has(name) },
    });
    keepers.push(keeper);
    return keeper;
  };
  return {
    ...{ dir: dir.path, path, notes, gone, start },
    pass: (ms: number) => {
      nowMs += ms;
    },
    /** Changes the file as another process would. */
    edit(sql: string): void {
      const database = new DatabaseSync(path);
      database.exec(sql);
      database.close();
    },
    kinds: () => notes.map(({ kind }) => kind).filter((kind) => kind !== 'login-key-file'),
    async close() {
      await Promise.all(keepers.splice(0).map((keeper) => keeper.close()));
    },
    async [Symbol.asyncDispose]() {
      await this.close();
      dir[Symbol.dispose]();
    },
  };
}

/** Returns the bytes of every file in a folder. */
const bytesIn = (folder: string): Buffer[] => readdirSync(folder).map((name) => readFileSync(join(folder, name)));

describe('login store', () => {
  it('the login store creates no file as long as nothing is stored, whatever is requested', async () => {
    await using w = world();
    const keeper = w.start();
    expect(await keeper.readAll()).toEqual(NOTHING);
    expect(await keeper.removeLogin('a')).toBeNull();
    expect(await keeper.removeClient('a')).toBeNull();
    expect(await keeper.beginRefresh('a', 1)).toEqual({ kind: 'gone' });
    expect(await keeper.endRefresh('a', 'lease', { kind: 'refreshed', tokens: tokensOf('a') })).toBeNull();
    expect(readdirSync(w.dir)).toEqual([]);
  });

  it('the login store returns everything to the next process, and no file contains a secret in plain text', async () => {
    await using w = world();
    const keeper = w.start();
    await keeper.saveBinding({ ...bindingOf('a'), wantedScope: 'old' });
    await keeper.saveBinding(bindingOf('a'));
    await keeper.saveClient(clientOf('a'));
    await keeper.saveClient(clientOf('b'));
    await keeper.removeClient(clientOf('b').issuer);
    await keeper.saveLogin(keyOf('a'), tokensOf('old'));
    const login = await keeper.saveLogin(keyOf('a'), tokensOf('a'));
    expect(login).toMatchObject({ loginId: loginIdOf(keyOf('a')), generation: 2 });
    const all = { bindings: [bindingOf('a')], logins: [login], clients: [clientOf('a')], unreadable: 0 };
    expect(await keeper.readAll()).toEqual(all);
    // The files include the log, which is deleted when the store is closed.
    for (const bytes of bytesIn(w.dir)) {
      expect(bytes.includes(SECRET_MARK)).toBe(false);
      expect(bytes.includes('issuer.test')).toBe(false);
    }
    expect(readdirSync(w.dir)).toContain('logins.sqlite-wal');
    await w.close();
    expect(await w.start().readAll()).toEqual(all);
  });

  it.skipIf(isWindows)(
    'the login store keeps its files private to their owner, and makes them private again',
    async () => {
      await using w = world();
      const keeper = w.start();
      await keeper.saveLogin(keyOf('a'), tokensOf('a'));
      const modes = () =>
        readdirSync(w.dir)
          .filter((name) => name.startsWith('logins'))
          .map((name) => statSync(join(w.dir, name)).mode & 0o777);
      expect(modes()).toEqual([0o600, 0o600, 0o600, 0o600]);
      await w.close();
      chmodSync(w.path, 0o666);
      const again = w.start();
      expect((await again.readAll()).logins).toHaveLength(1);
      expect(new Set(modes())).toEqual(new Set([0o600]));
      expect(w.notes).toContainEqual({ kind: 'logins-exposed', path: w.path, mode: '666' });
    },
  );

  it.skipIf(isWindows)('the login store is not used if its file or a file next to it is a link', async () => {
    for (const name of ['logins.sqlite', 'logins.sqlite-wal', 'logins.sqlite-journal']) {
      await using w = world();
      const target = join(w.dir, 'elsewhere');
      symlinkSync(target, join(w.dir, name));
      await expect(w.start().saveLogin(keyOf('a'), tokensOf('a'))).rejects.toMatchObject({ code: 'STORE_UNSAFE' });
      expect(existsSync(target)).toBe(false);
    }
  });

  it('the login store does not change a file of a newer format, a foreign database or a file that is not a database', async () => {
    await using w = world();
    await w.start().saveLogin(keyOf('a'), tokensOf('a'));
    await w.close();
    const refused = async (code: string) => {
      const before = readFileSync(w.path);
      await expect(w.start().readAll()).rejects.toMatchObject({ code });
      await expect(w.start().saveLogin(keyOf('b'), tokensOf('b'))).rejects.toMatchObject({ code });
      await w.close();
      expect(readFileSync(w.path).equals(before)).toBe(true);
    };
    w.edit('PRAGMA user_version = 2');
    await refused('STORE_TOO_NEW');
    rmSync(w.path);
    w.edit('CREATE TABLE theirs (a); PRAGMA user_version = 1');
    await refused('STORE_FOREIGN');
    writeFileSync(w.path, `a diary of somebody else ${'x'.repeat(5_000)}`, { mode: 0o600 });
    await refused('STORE_FOREIGN');
    expect(w.kinds()).toEqual([]);
  });

  it('the login store renames a damaged file, and continues with a new one', async () => {
    await using w = world();
    await w.start().saveLogin(keyOf('a'), tokensOf('a'));
    await w.close();
    const bytes = readFileSync(w.path);
    bytes.fill(0xff, 100, 4_096 * 2);
    writeFileSync(w.path, bytes);
    const [one, two] = [w.start(), w.start()];
    expect(await Promise.all([one.readAll(), two.readAll()])).toEqual([NOTHING, NOTHING]);
    expect(w.kinds()).toEqual(['logins-set-aside']);
    expect(readFileSync(`${w.path}.corrupt`).equals(bytes)).toBe(true);
    await one.saveLogin(keyOf('b'), tokensOf('b'));
    expect((await two.readAll()).logins).toHaveLength(1);
  });

  it('the login store accepts an empty file and a file of zeros, as after a power failure', async () => {
    for (const size of [0, 8_192]) {
      await using w = world();
      writeFileSync(w.path, Buffer.alloc(size), { mode: 0o600 });
      const keeper = w.start();
      await keeper.saveLogin(keyOf('a'), tokensOf('a'));
      expect((await keeper.readAll()).logins).toHaveLength(1);
    }
  });

  it('the login store switches to the file that replaced the open one', async () => {
    await using w = world();
    const keeper = w.start();
    await keeper.saveLogin(keyOf('a'), tokensOf('a'));
    for (const name of readdirSync(w.dir)) rmSync(join(w.dir, name));
    expect(await keeper.readAll()).toEqual(NOTHING);
    await keeper.saveLogin(keyOf('b'), tokensOf('b'));
    expect((await w.start().readAll()).logins.map(({ key }) => key.clientId)).toEqual(['client-b']);
  });
});

describe('tampered login row', () => {
  const setUp = async (w: ReturnType<typeof world>) => {
    const keeper = w.start();
    for (const name of ['a', 'b']) {
      await keeper.saveLogin(keyOf(name), tokensOf(name));
      await keeper.saveClient(clientOf(name));
    }
    await w.close();
  };

  it.each([
    [
      'the content of another login',
      'SET box = (SELECT box FROM sealed_record WHERE kind = $k AND id = $b) WHERE id = $a',
    ],
    ['the content of another table', "SET box = (SELECT box FROM sealed_record WHERE kind = 'client') WHERE id = $a"],
    ['another generation', 'SET generation = generation + 1 WHERE id = $a'],
    ['a generation beyond the safe integers', 'SET generation = 9223372036854775807 WHERE id = $a'],
    ['empty content', "SET box = x'' WHERE id = $a"],
    ['truncated content', 'SET box = substr(box, 1, length(box) - 1) WHERE id = $a'],
    ['another name', "SET id = 'x' WHERE id = $a"],
  ])('a login row that was manipulated to have %s is not used, and other rows are not affected', async (_, change) => {
    await using w = world();
    await setUp(w);
    const quoted = { $a: loginIdOf(keyOf('a')), $b: loginIdOf(keyOf('b')), $k: 'login' };
    w.edit(`UPDATE sealed_record ${change.replace(/\$[abk]/g, (name) => `'${quoted[name as keyof typeof quoted]}'`)}`);
    const { logins, clients, unreadable } = await w.start().readAll();
    expect([logins.map(({ key }) => key.clientId), clients.length, unreadable]).toEqual([['client-b'], 2, 1]);
    expect(w.notes.at(-1)).toMatchObject({ kind: 'logins-unreadable', otherKey: 0, damaged: 1 });
    const again = await w.start().saveLogin(keyOf('a'), tokensOf('new'));
    expect((await w.start().readAll()).logins).toContainEqual(again);
  });

  it('the login store never returns wrong tokens, whichever bit of its file was flipped', async () => {
    await using w = world();
    await setUp(w);
    const bytes = readFileSync(w.path);
    const expected = new Map<string, LoginTokens>(['a', 'b'].map((name) => [loginIdOf(keyOf(name)), tokensOf(name)]));
    // Flips one bit in each part of each page.
    for (let at = 11; at < bytes.length; at += 311) {
      await using copy = world();
      for (const name of readdirSync(w.dir)) copyFileSync(join(w.dir, name), join(copy.dir, name));
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
      writeFileSync(copy.path, flipped);
      const read = await copy
        .start()
        .readAll()
        .then(
          ({ logins }) => logins,
          (error: { code?: string }) => String(error.code),
        );
      if (typeof read === 'string') expect(read, `byte ${at}`).toMatch(/^STORE_/);
      else for (const { loginId, tokens } of read) expect(tokens, `byte ${at}`).toEqual(expected.get(loginId));
    }
  });
});

describe('refresh leases', () => {
  /** Requests a lease that must be granted. */
  const go = async (keeper: LoginKeeper, loginId: string, generation: number) => {
    const turn = await keeper.beginRefresh(loginId, generation);
    if (turn.kind !== 'go') throw new Error(turn.kind);
    return turn;
  };

  it('only one process at a time gets the lease to refresh a login', async () => {
    await using w = world();
    const [one, two] = [w.start(), w.start()];
    const { loginId } = await one.saveLogin(keyOf('a'), tokensOf('a'));
    const turn = await go(one, loginId, 1);
    expect(turn).toMatchObject({ untilMs: 21_000, mayBeSpent: false, login: { tokens: tokensOf('a') } });
    expect((await two.beginRefresh(loginId, 1)).kind).toBe('wait');
    const refreshed = await one.endRefresh(loginId, turn.leaseId, { kind: 'refreshed', tokens: tokensOf('b') });
    expect(refreshed).toMatchObject({ generation: 2, tokens: tokensOf('b'), lostBecause: null });
    expect(await two.beginRefresh(loginId, 1)).toEqual({ kind: 'newer', login: refreshed });
    expect((await two.readAll()).logins).toEqual([refreshed]);
  });

  it('the refresh lease of an ended process is granted immediately, with a note that the token may be used up', async () => {
    await using w = world();
    const [one, two] = [w.start('one'), w.start('two')];
    const { loginId } = await one.saveLogin(keyOf('a'), tokensOf('a'));
    await go(one, loginId, 1);
    w.gone.add('one');
    expect(await go(two, loginId, 1)).toMatchObject({ mayBeSpent: true });
  });

  it('a suspended process loses its expired refresh lease to another process, and its late result is dropped', async () => {
    await using w = world();
    const [one, two] = [w.start(), w.start()];
    const { loginId } = await one.saveLogin(keyOf('a'), tokensOf('a'));
    const frozen = await go(one, loginId, 1);
    w.pass(LEASE_MS - 1);
    expect((await two.beginRefresh(loginId, 1)).kind).toBe('wait');
    w.pass(1);
    const next = await go(two, loginId, 1);
    expect(next.untilMs).toBeGreaterThan(frozen.untilMs);
    const late = { kind: 'refreshed', tokens: tokensOf('late') } as const;
    expect(await one.endRefresh(loginId, frozen.leaseId, late)).toMatchObject({ generation: 1, tokens: tokensOf('a') });
    expect(await two.endRefresh(loginId, next.leaseId, { kind: 'lost', reason: 'invalid_grant' })).toMatchObject({
      generation: 2,
      tokens: null,
      lostBecause: 'invalid_grant',
    });
    // No process can refresh the lost login, whether it knows of the loss or not.
    for (const generation of [1, 2]) expect((await one.beginRefresh(loginId, generation)).kind).toBe('newer');
  });

  it('a new login or a logout ends the refresh lease, and a login never reuses a generation number', async () => {
    await using w = world();
    const keeper = w.start();
    const { loginId } = await keeper.saveLogin(keyOf('a'), tokensOf('a'));
    const first = await go(keeper, loginId, 1);
    await keeper.saveLogin(keyOf('a'), tokensOf('b'));
    const late = { kind: 'refreshed', tokens: tokensOf('late') } as const;
    expect(await keeper.endRefresh(loginId, first.leaseId, late)).toMatchObject({ tokens: tokensOf('b') });
    const second = await go(keeper, loginId, 2);
    expect(second.mayBeSpent).toBe(false);
    expect(await keeper.removeLogin(loginId)).toMatchObject({ generation: 2 });
    expect(await keeper.endRefresh(loginId, second.leaseId, late)).toBeNull();
    expect(await keeper.saveLogin(keyOf('a'), tokensOf('c'))).toMatchObject({ generation: 4 });
  });

  it('the login store records in its file that a refresh token may be used up', async () => {
    await using w = world();
    const keeper = w.start();
    const { loginId } = await keeper.saveLogin(keyOf('a'), tokensOf('a'));
    await keeper.endRefresh(loginId, (await go(keeper, loginId, 1)).leaseId, { kind: 'unspent' });
    const turn = await go(keeper, loginId, 1);
    expect(turn.mayBeSpent).toBe(false);
    await keeper.endRefresh(loginId, turn.leaseId, { kind: 'unknown' });
    await w.close();
    expect(await go(w.start(), loginId, 1)).toMatchObject({ mayBeSpent: true });
  });
});

describe('login watch', () => {
  it('a login watch reports every change of a login, even by another process, but not the grant of a lease', async () => {
    await using w = world();
    const [one, two] = [w.start(), w.start()];
    let told = 0;
    const heard = (what: string) => eventually(what, () => told > 0);
    const read = async () => {
      const all = await one.readAll();
      told = 0;
      return all;
    };
    await one.watch(() => (told += 1));
    const { loginId } = await two.saveLogin(keyOf('a'), tokensOf('a'));
    await heard('the file is there');
    expect((await read()).logins).toHaveLength(1);
    await two.beginRefresh(loginId, 1);
    await one.saveClient(clientOf('a'));
    await heard('a change of its own');
    expect(told).toBe(1);
    await read();
    await two.removeLogin(loginId);
    await heard('a change of another');
    await read();
    for (const name of readdirSync(w.dir)) rmSync(join(w.dir, name));
    await heard('the file is gone');
    expect(await read()).toEqual(NOTHING);
    await one.watch(null);
  });
});
