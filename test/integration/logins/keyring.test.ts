import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { createSystemKeyring, KeyringError } from '../../../src/workers/logins/keys/keyring.ts';
import { LoginKeeper } from '../../../src/workers/logins/login-keeper.ts';
import { keyOf, tokensOf } from '../../helpers/logins.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const BUS = 'DBUS_SESSION_BUS_ADDRESS';
const before = process.env[BUS];

afterEach(() => {
  if (before === undefined) delete process.env[BUS];
  else process.env[BUS] = before;
});

/** Makes this process use a session bus that handles each socket with `onSocket`. */
async function busThat(onSocket: (socket: Socket) => void) {
  const dir = new TempDir();
  const path = join(dir.path, 'bus');
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  process.env[BUS] = `unix:path=${path}`;
  return {
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      dir[Symbol.dispose]();
    },
  };
}

const program = fileURLToPath(new URL('../../fixtures/programs/keyring-user.ts', import.meta.url));

const isInstalled = (command: string): boolean =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, command)));
const hasSecretService = isInstalled('dbus-run-session') && isInstalled('gnome-keyring-daemon');

// The keyring of macOS and Windows always exists, and belongs to the person who runs the tests.
describe.skipIf(process.platform !== 'linux')('the system keyring', () => {
  it.skipIf(!hasSecretService)(
    'the system keyring stores the key of the logins if there is a secret service, and no file contains the key',
    () => {
      using dir = new TempDir();
      const stateDir = join(dir.path, 'state');
      mkdirSync(stateDir);
      const script = 'printf pass | gnome-keyring-daemon --unlock --components=secrets >/dev/null; exec "$@"';
      const args = ['--', 'sh', '-c', script, 'sh', process.execPath, program, stateDir];
      const { PATH } = process.env;
      const env = { PATH, HOME: dir.path, XDG_RUNTIME_DIR: dir.path };
      const { stdout, stderr } = spawnSync('dbus-run-session', args, { encoding: 'utf8', env });
      expect(JSON.parse(stdout || JSON.stringify(stderr))).toEqual({ logins: 1, unreadable: 0, notes: [] });
      expect(readdirSync(stateDir).filter((name) => name.endsWith('.key'))).toEqual([]);
    },
  );

  it('the system keyring is unavailable without a session bus, and the kernel keyring is not used instead', async () => {
    process.env[BUS] = 'unix:path=/nowhere';
    const keyring = createSystemKeyring();
    await expect(keyring.put('account', Buffer.alloc(32, 1))).rejects.toThrow(KeyringError);
    await expect(keyring.get('account')).rejects.toThrow(KeyringError);
    await expect(keyring.remove('account')).rejects.toThrow(KeyringError);
  });

  it('a system keyring that does not answer fails with a timeout, and leaves no process behind', async () => {
    await using bus = await busThat(() => {});
    await expect(createSystemKeyring(1_500).get('account')).rejects.toThrow('did not answer within 1.5 s');
    for (const socket of bus.sockets) await new Promise((resolve) => socket.once('close', resolve).resume());
  });

  it('if the system keyring closes the connection, the key of the logins is written to a file, and no login is lost', async () => {
    await using _bus = await busThat((socket) => socket.destroy());
    using dir = new TempDir();
    const keyring = createSystemKeyring();
    const keeper = new LoginKeeper({ stateDir: dir.path, tell: () => {}, keyring });
    await keeper.saveLogin(keyOf('a'), tokensOf('a'));
    expect(existsSync(join(dir.path, 'logins.key'))).toBe(true);
    expect((await keeper.readAll()).logins).toHaveLength(1);
    await keeper.close();
  });
});
