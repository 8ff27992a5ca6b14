import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { DurableLogins } from '../../../src/main/state-dir/durable-logins.ts';
import { WriterClient } from '../../../src/main/writer/writer-client.ts';
import { eventually } from '../../helpers/eventually.ts';
import { SECRET_MARK } from '../../helpers/evidence.ts';
import { recordingLogger } from '../../helpers/log.ts';
import { bindingOf, clientOf, keyOf, tokensOf } from '../../helpers/logins.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

/** Creates a folder. `start` creates a login store in this folder, with its own writer thread. */
function world() {
  const dir = new TempDir();
  const writers: WriterClient[] = [];
  const logger = recordingLogger();
  const start = (workerUrl?: URL) => {
    const writer = new WriterClient(dir.path, { logger, ...(workerUrl && { workerUrl }) });
    writers.push(writer);
    return { writer, store: new DurableLogins(dir.path, writer) };
  };
  return {
    ...{ dir: dir.path, logger, start },
    events: () => logger.lines.map(({ fields }) => fields.event),
    async close() {
      await Promise.all(writers.splice(0).map((writer) => writer.close()));
    },
    async [Symbol.asyncDispose]() {
      await this.close();
      dir[Symbol.dispose]();
    },
  };
}

describe('DurableLogins', () => {
  it('DurableLogins returns all logins, bindings and clients after a restart, and its files contain no secret in plain text', async () => {
    await using w = world();
    const { store } = w.start();
    await store.saveBinding(bindingOf('a'));
    await store.saveClient(clientOf('a'));
    const login = await store.saveLogin(keyOf('a'), tokensOf('a'));
    const all = { bindings: [bindingOf('a')], logins: [login], clients: [clientOf('a')], unreadable: 0 };
    expect(await store.readAll()).toEqual(all);
    await store.removeClient(clientOf('none').issuer);
    expect(await store.removeLogin('none')).toBeNull();
    for (const name of readdirSync(w.dir))
      if (name.startsWith('logins')) expect(readFileSync(join(w.dir, name)).includes(SECRET_MARK), name).toBe(false);
    await w.close();
    expect(await w.start().store.readAll()).toEqual(all);
  });

  it('DurableLogins starts no thread and creates no file when there is nothing to read', async () => {
    await using w = world();
    const nowhere = new URL('file:///no-such-worker.ts');
    const { store } = w.start(nowhere);
    expect(await store.readAll()).toEqual({ bindings: [], logins: [], clients: [], unreadable: 0 });
    expect(readdirSync(w.dir)).toEqual([]);
  });

  it('DurableLogins works while the main store is unusable, and the main store can be opened later', async () => {
    await using w = world();
    const database = new DatabaseSync(join(w.dir, 'switchyard.db'));
    database.exec('PRAGMA application_id = 0x73777964; PRAGMA user_version = 99; CREATE TABLE t (a)');
    const { store, writer } = w.start();
    const login = await store.saveLogin(keyOf('a'), tokensOf('a'));
    await expect(writer.open()).rejects.toMatchObject({ code: 'STORE_TOO_NEW' });
    expect((await store.readAll()).logins).toEqual([login]);
    await expect(writer.readSource('x')).rejects.toMatchObject({ code: 'STORE_TOO_NEW' });
    database.exec('DROP TABLE t; PRAGMA application_id = 0; PRAGMA user_version = 0');
    database.close();
    expect(await writer.open()).toBe(join(w.dir, 'switchyard.db'));
    expect((await store.readAll()).logins).toEqual([login]);
  });

  it('if the login store is unusable, DurableLogins reports an error, and the main store stays usable', async () => {
    await using w = world();
    const database = new DatabaseSync(join(w.dir, 'logins.sqlite'));
    database.exec('CREATE TABLE theirs (a)');
    database.close();
    const { store, writer } = w.start();
    await expect(store.readAll()).rejects.toMatchObject({ code: 'STORE_FOREIGN' });
    await expect(store.saveLogin(keyOf('a'), tokensOf('a'))).rejects.toMatchObject({ code: 'STORE_FOREIGN' });
    expect((await writer.readSource('x')).floorMs).toBeNull();
    expect(existsSync(join(w.dir, 'logins.key'))).toBe(false);
  });

  it('DurableLogins calls each listener for changes by another writer until that listener stops watching', async () => {
    await using w = world();
    const [{ store }, other] = [w.start(), w.start()];
    const heard = [0, 0];
    const ends = heard.map((_, at) => store.watch(() => (heard[at] = (heard[at] ?? 0) + 1)));
    await other.store.saveLogin(keyOf('a'), tokensOf('a'));
    await eventually('both hear of it', () => heard.every((times) => times === 1));
    await store.readAll();
    ends[0]?.();
    ends[0]?.();
    await other.store.saveLogin(keyOf('b'), tokensOf('b'));
    await eventually('the second hears of it', () => heard[1] === 2);
    expect(heard[0]).toBe(1);
    ends[1]?.();
  });

  it('DurableLogins reports changes by another writer even after its own writer thread has ended', async () => {
    await using w = world();
    const endOfWriter = join(w.dir, 'end');
    process.env.END_OF_WRITER = endOfWriter;
    const { store } = w.start(new URL('../../fixtures/writer-that-can-be-ended.ts', import.meta.url));
    const other = w.start();
    let heard = 0;
    const end = store.watch(() => (heard += 1));
    await other.store.saveLogin(keyOf('a'), tokensOf('a'));
    await eventually('it hears of the first', () => heard === 1);
    await store.readAll();
    writeFileSync(endOfWriter, '');
    await eventually('the thread is gone', () => !existsSync(endOfWriter));
    await other.store.saveLogin(keyOf('b'), tokensOf('b'));
    await eventually('it hears of the second', () => heard === 2);
    expect((await store.readAll()).logins).toHaveLength(2);
    end();
  });

  it('DurableLogins logs the place of the key and an unreadable login only once each, and logs no secret', async () => {
    await using w = world();
    await w.start().store.saveLogin(keyOf('a'), tokensOf('a'));
    await w.close();
    const database = new DatabaseSync(join(w.dir, 'logins.sqlite'));
    database.exec("UPDATE sealed_record SET box = x'01' WHERE kind = 'login'");
    database.close();
    const { store } = w.start();
    for (let times = 0; times < 3; times += 1) expect((await store.readAll()).unreadable).toBe(1);
    expect(w.events()).toEqual(['login-key-file', 'logins-unreadable']);
    expect(w.logger.lines[1]?.message).toContain('Log in again');
  });
});
