import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loginIdOf } from '../../src/shared/logins/login-records.ts';
import { eventually } from '../helpers/eventually.ts';
import { LoginProcess } from '../helpers/login-process.ts';
import { keyOf, tokensOf } from '../helpers/logins.ts';
import { TempDir } from '../helpers/temp-dir.ts';

const loginId = loginIdOf(keyOf('a'));

describe('processes that share a folder of logins', () => {
  it('two processes with the same stored login never refresh it at the same time', async () => {
    using dir = new TempDir();
    await using one = new LoginProcess(dir.path);
    await using two = new LoginProcess(dir.path);
    await one.ask('saveLogin', keyOf('a'), tokensOf('a'));
    const last = 40;
    const both = await Promise.all([one.ask('refreshUntil', loginId, last), two.ask('refreshUntil', loginId, last)]);
    const turns = both.flat().sort((a, b) => a.generation - b.generation);
    expect(turns.map(({ generation }) => generation)).toEqual(Array.from({ length: last - 1 }, (_, at) => at + 1));
    for (const [at, turn] of turns.entries()) {
      const next = turns[at + 1];
      if (next !== undefined) expect(BigInt(next.beganNs)).toBeGreaterThan(BigInt(turn.endedNs));
    }
    expect((await two.ask('readAll')).logins).toMatchObject([{ generation: last, tokens: tokensOf(`g${last}`) }]);
  });

  it('if a process is killed during a refresh, the next process learns that the refresh token may be used up', async () => {
    using dir = new TempDir();
    await using one = new LoginProcess(dir.path);
    await using two = new LoginProcess(dir.path);
    await one.ask('saveLogin', keyOf('a'), tokensOf('a'));
    expect(await one.ask('beginRefresh', loginId, 1)).toMatchObject({ kind: 'go', mayBeSpent: false });
    expect(await two.ask('beginRefresh', loginId, 1)).toMatchObject({ kind: 'wait' });
    await one.kill();
    const turn = await two.ask('beginRefresh', loginId, 1);
    expect(turn).toMatchObject({ kind: 'go', mayBeSpent: true, login: { tokens: tokensOf('a') } });
    // The same applies to a third process.
    await two.kill();
    await using three = new LoginProcess(dir.path);
    expect(await three.ask('beginRefresh', loginId, 1)).toMatchObject({ kind: 'go', mayBeSpent: true });
  });

  it.skipIf(process.platform === 'win32')(
    'a process does not begin a token refresh while another process is frozen during a refresh',
    async () => {
      using dir = new TempDir();
      await using one = new LoginProcess(dir.path);
      await using two = new LoginProcess(dir.path);
      await one.ask('saveLogin', keyOf('a'), tokensOf('a'));
      expect(await one.ask('beginRefresh', loginId, 1)).toMatchObject({ kind: 'go' });
      one.child.kill('SIGSTOP');
      expect(await two.ask('beginRefresh', loginId, 1)).toMatchObject({ kind: 'wait' });
      await one.kill();
      expect(await two.ask('beginRefresh', loginId, 1)).toMatchObject({ kind: 'go', mayBeSpent: true });
    },
  );

  it('a process notices a login and a logout in another process, even if there was no stored login before', async () => {
    using dir = new TempDir();
    await using one = new LoginProcess(dir.path);
    await using two = new LoginProcess(dir.path);
    await one.ask('watch');
    expect(await one.ask('readAll')).toEqual({ bindings: [], logins: [], clients: [], unreadable: 0 });
    await two.ask('saveLogin', keyOf('a'), tokensOf('a'));
    await eventually('it hears of the first', () => one.changes === 1);
    expect((await one.ask('readAll')).logins).toHaveLength(1);
    await two.ask('removeLogin', loginId);
    await eventually('it hears of the logout', () => one.changes === 2);
    expect((await one.ask('readAll')).logins).toEqual([]);
  });

  it('processes that store their first logins at the same time create one key, and can all read the logins', async () => {
    using dir = new TempDir();
    const names = ['a', 'b', 'c'];
    const processes = names.map(() => new LoginProcess(dir.path));
    try {
      // All processes have started before the first login is stored.
      await Promise.all(processes.map((each) => each.ask('readAll')));
      await Promise.all(processes.map((each, at) => each.ask('saveLogin', keyOf(names[at] ?? ''), tokensOf('x'))));
      for (const each of processes) {
        const { logins, unreadable } = await each.ask('readAll');
        const found = logins.map(({ key }) => key.clientId).sort();
        expect([found, unreadable]).toEqual([names.map((name) => `client-${name}`), 0]);
      }
      expect(readdirSync(dir.path).filter((name) => name.includes('logins.key'))).toEqual(['logins.key']);
    } finally {
      await Promise.all(processes.map((each) => each.kill()));
    }
  });

  it.skipIf(process.platform === 'win32')(
    'files with logins have mode 0600, whatever the umask of the process',
    async () => {
      for (const umask of ['000', '277']) {
        using dir = new TempDir();
        await using one = new LoginProcess(dir.path, umask);
        await one.ask('saveLogin', keyOf('a'), tokensOf('a'));
        const files = readdirSync(dir.path).filter((name) => name.startsWith('logins'));
        expect(files).toEqual(['logins.key', 'logins.sqlite', 'logins.sqlite-shm', 'logins.sqlite-wal']);
        for (const name of files) expect(statSync(join(dir.path, name)).mode & 0o777, `${umask} ${name}`).toBe(0o600);
      }
    },
  );
});
