import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DurableLogins } from '../../../src/main/state-dir/durable-logins.ts';
import { WriterClient } from '../../../src/main/writer/writer-client.ts';
import { loginIdOf } from '../../../src/shared/logins/login-records.ts';
import { eventually } from '../../helpers/eventually.ts';
import { SECRET_MARK } from '../../helpers/evidence.ts';
import { serviceUnderTest, targetOf } from '../../helpers/logins/login-service-under-test.ts';
import { bindingOf, clientOf, keyOf, tokensOf } from '../../helpers/logins.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const NOWHERE = new URL('file:///no-such-worker.ts');
const isWindows = process.platform === 'win32';
const tokens = tokensOf('a', { expiresAtMs: null });
const BEARER = ['authorization', `Bearer ${tokens.accessToken}`];

/** Creates a folder. `start` creates a login store in it, and `early` reads its start image without a thread. */
function world() {
  const dir = new TempDir();
  const writers: WriterClient[] = [];
  const start = (workerUrl?: URL): DurableLogins => {
    const writer = new WriterClient(dir.path, workerUrl && { workerUrl });
    writers.push(writer);
    return new DurableLogins(dir.path, writer);
  };
  const close = async (): Promise<void> => {
    await Promise.all(writers.splice(0).map((writer) => writer.close()));
  };
  return {
    ...{ start, close },
    at: (name: string) => join(dir.path, name),
    image: join(dir.path, 'logins.start'),
    early: () => start(NOWHERE).readEarly(),
    /** Stores a login. Once this resolves, its start image exists. */
    async store(): Promise<void> {
      const store = start();
      await store.saveBinding(bindingOf('a'));
      await store.saveClient(clientOf('a'));
      await store.saveLogin(keyOf('a'), tokens);
      await close();
    },
    async [Symbol.asyncDispose]() {
      await close();
      dir[Symbol.dispose]();
    },
  };
}

const SENDING = { method: 'POST', url: new URL('https://a.test/mcp') };

describe('the start image of the logins, a copy for a fast start', () => {
  it('the start image of the logins returns all logins without a thread, and only its owner can read the image', async () => {
    await using w = world();
    await w.store();
    const early = await w.early();
    expect(early?.logins).toMatchObject([{ tokens }]);
    expect(early).toEqual(await w.start().readAll());
    for (const clear of [SECRET_MARK, 'issuer.test', 'access_token', 'accessToken'])
      expect(readFileSync(w.image).includes(clear), clear).toBe(false);
    if (!isWindows) expect(statSync(w.image).mode & 0o777).toBe(0o600);
  });

  it('the start image of the logins is removed before a logout is acknowledged, so the logout survives a kill', async () => {
    await using w = world();
    await w.store();
    const store = w.start();
    expect(await store.removeLogin(loginIdOf(keyOf('a')))).toMatchObject({ tokens });
    expect(existsSync(w.image)).toBe(false);
    expect(await w.early()).toBeNull();
    await eventually('it is written again', () => existsSync(w.image));
    expect(await w.early()).toEqual({
      bindings: [bindingOf('a')],
      logins: [],
      clients: [clientOf('a')],
      unreadable: 0,
    });
  });

  it('after a refresh, the start image of the logins is absent or contains the new token, never the old one', async () => {
    await using w = world();
    await w.store();
    const store = w.start();
    const loginId = loginIdOf(keyOf('a'));
    const turn = await store.beginRefresh(loginId, 1);
    expect((await w.early())?.logins).toMatchObject([{ generation: 1 }]);
    if (turn.kind !== 'go') throw new Error(turn.kind);
    await store.endRefresh(loginId, turn.leaseId, { kind: 'refreshed', tokens: tokensOf('b') });
    expect(await w.early()).toBeNull();
    await w.close();
    expect((await w.early())?.logins).toMatchObject([{ generation: 2, tokens: tokensOf('b') }]);
  });

  it('the start image of the logins is written by the first process that reads a folder without such an image', async () => {
    await using w = world();
    await w.store();
    renameSync(w.image, w.at('elsewhere'));
    expect(await w.early()).toBeNull();
    await w.start().readAll();
    await w.close();
    expect((await w.early())?.logins).toMatchObject([{ tokens }]);
  });

  it('the start image of the logins is not used if its key was changed, is invalid or is missing', async () => {
    await using w = world();
    await w.store();
    const key = readFileSync(w.at('logins.key'));
    for (const other of [Buffer.alloc(32, 7), key.subarray(1), Buffer.concat([key, key]), Buffer.alloc(0)]) {
      writeFileSync(w.at('logins.key'), other);
      expect(await w.early()).toBeNull();
    }
    renameSync(w.at('logins.key'), w.at('elsewhere'));
    expect(await w.early()).toBeNull();
    // No image is written while logins are unreadable, because an image would hide these logins.
    expect((await w.start().readAll()).unreadable).toBe(3);
    await w.close();
    expect(existsSync(w.image)).toBe(false);
  });

  it('a start image of the logins that was damaged or truncated anywhere is not used, and is written again', async () => {
    await using w = world();
    await w.store();
    const bytes = readFileSync(w.image);
    for (let at = 0; at < bytes.length; at += Math.ceil(bytes.length / 64)) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      writeFileSync(w.image, changed);
      expect(await w.early(), `changed at ${at}`).toBeNull();
      writeFileSync(w.image, bytes.subarray(0, at));
      expect(await w.early(), `cut off at ${at}`).toBeNull();
    }
    expect((await w.start().readAll()).logins).toMatchObject([{ tokens }]);
    await w.close();
    expect((await w.early())?.logins).toMatchObject([{ tokens }]);
  });

  it('the start image of the logins is not used if the file of the logins was replaced or removed', async () => {
    await using w = world();
    await w.store();
    copyFileSync(w.at('logins.sqlite'), w.at('copy'));
    renameSync(w.at('copy'), w.at('logins.sqlite'));
    expect(await w.early()).toBeNull();
    renameSync(w.at('logins.sqlite'), w.at('elsewhere'));
    expect(await w.early()).toBeNull();
    expect((await w.start().readAll()).logins).toEqual([]);
    // Once the new store has its first row, the image of the old store no longer exists.
    await w.start().saveBinding(bindingOf('b'));
    expect(existsSync(w.image)).toBe(false);
  });

  it.skipIf(isWindows)(
    'the start image of the logins is not used if the image or its key is a link or can be read by other users',
    async () => {
      await using w = world();
      await w.store();
      for (const file of [w.image, w.at('logins.key')]) {
        chmodSync(file, 0o640);
        expect(await w.early()).toBeNull();
        chmodSync(file, 0o600);
        linkSync(file, w.at('second'));
        expect(await w.early()).toBeNull();
        rmSync(w.at('second'));
        renameSync(file, w.at('target'));
        symlinkSync('target', file);
        expect(await w.early()).toBeNull();
        renameSync(w.at('target'), file);
      }
      expect((await w.early())?.logins).toMatchObject([{ tokens }]);
    },
  );

  it('a restored old start image of the logins is used only until the store has been read', async () => {
    await using w = world();
    await w.store();
    copyFileSync(w.image, w.at('old'));
    const store = w.start();
    await store.removeLogin(loginIdOf(keyOf('a')));
    await eventually('it is written again', () => existsSync(w.image));
    copyFileSync(w.at('old'), w.image);
    const { service, told } = serviceUnderTest({ store: w.start() });
    const credentials = service.credentialsOf(targetOf('a'));
    expect(await credentials.headers(null, SENDING)).toEqual(BEARER);
    await eventually('the login vanishes', () => told.includes('a'));
    expect(await credentials.headers(null, SENDING)).toEqual([]);
    await service.close();
  });

  it('if a restored start image lacks a newer login, the token from the store is used without a new login', async () => {
    await using w = world();
    await w.store();
    copyFileSync(w.image, w.at('old'));
    const store = w.start();
    const login = await store.saveLogin(keyOf('a'), tokensOf('b', { expiresAtMs: null }));
    await eventually('it is written again', () => existsSync(w.image));
    copyFileSync(w.at('old'), w.image);
    const { service } = serviceUnderTest({ store: w.start() });
    const target = targetOf('a');
    const credentials = service.credentialsOf(target);
    expect(await credentials.headers(null, SENDING)).toEqual(BEARER);
    const verdict = await credentials.refused(
      { status: 401, wwwAuthenticate: 'Bearer', dpopNonce: null, url: target.url, resends: 0, method: 'POST' },
      BEARER,
      null,
    );
    expect(verdict).toEqual({ kind: 'retry' });
    expect(await credentials.headers(null, SENDING)).toEqual(['authorization', `Bearer ${login.tokens?.accessToken}`]);
    await service.close();
  });
});
