import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LoginTokens } from '../../src/shared/logins/login-records.ts';
import type { StoreNote } from '../../src/shared/servers/store-notes.ts';
import { LoginKeeper } from '../../src/workers/logins/login-keeper.ts';
import { SECRET_MARK } from '../helpers/evidence.ts';
import { keyOf, tokensOf } from '../helpers/logins.ts';
import { labelled } from './calls.ts';
import { type Context, type FaultCase, inLanes } from './case.ts';
import { mountTmpfs } from './mounts.ts';
import { type Fault, faultEnv } from './shim.ts';
import { World } from './world.ts';

const program = fileURLToPath(new URL('../fixtures/programs/login-storage-user.ts', import.meta.url));
const { EIO, ENOSPC, EACCES } = constants.errno;

/** Number of logins that a process stores. */
const COUNT = 3;

/** The short form tests only every n-th call of a run. */
const STRIDE = 7;

/** Runs a process with a fault in a separate folder, and checks what the next process finds there. */
async function run(context: Context, fault: Fault | null): Promise<{ signal: string | null; failures: string[] }> {
  const home = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'login-faults-'));
  try {
    const [folder, acks, trace] = ['state', 'acks', 'trace'].map((name) => join(home, name)) as [
      string,
      string,
      string,
    ];
    mkdirSync(folder, { mode: 0o700 });
    const env = { PATH: process.env.PATH, ...faultEnv(context.shim(), folder, fault, trace) };
    const child = spawn(process.execPath, [program, folder, acks, String(COUNT)], { env, stdio: 'inherit' });
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    assert.ok(code === 0 || signal === 'SIGKILL', `it ended with ${code ?? signal}`);
    const lines = existsSync(acks) ? readFileSync(acks, 'utf8').split('\n') : [];
    const numbers = lines.filter((line) => line.startsWith('acked')).map((line) => Number(line.split(' ')[1]));
    await check(folder, Math.max(0, ...numbers), COUNT);
    const failures = lines.filter((line) => line.startsWith('failed')).map((line) => line.split(' ')[1] ?? '');
    return { signal, failures };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/**
 * Checks that the folder holds the last acknowledged login or a newer one, that the next process can store a login, and
 * that no file contains a secret in plain text.
 */
async function check(folder: string, acked: number, last: number, over: Partial<LoginTokens> = {}): Promise<void> {
  const notes: StoreNote[] = [];
  const keeper = new LoginKeeper({ stateDir: folder, tell: (note) => notes.push(note), keyring: null });
  try {
    const { logins, unreadable } = await keeper.readAll();
    assert.deepEqual([unreadable, notes], [0, []]);
    const tokens = logins[0]?.tokens ?? null;
    const found = Number(tokens?.accessToken.split('-').at(-1) ?? 0);
    assert.ok(found >= acked && found <= last, `login ${found} is stored; ${acked} were acknowledged`);
    if (tokens !== null) assert.deepEqual(tokens, tokensOf(String(found), over));
    // After any fault, the next process can store a login.
    await keeper.saveLogin(keyOf('next'), tokensOf('next'));
    for (const name of readdirSync(folder)) {
      assert.ok(!readFileSync(join(folder, name)).includes(SECRET_MARK), `${name} holds a secret`);
      assert.ok(!/\.key\..*(tmp|bak)$/.test(name), `${name} was left behind`);
    }
  } finally {
    await keeper.close();
  }
}

/** Returns the number of writing calls in a run without a fault. */
async function callCount(context: Context): Promise<number> {
  using world = new World();
  const trace = join(world.path, 'trace');
  const env = { PATH: process.env.PATH, ...faultEnv(context.shim(), world.folder, null, trace) };
  const args = [program, world.folder, join(world.path, 'acks'), String(COUNT)];
  await once(spawn(process.execPath, args, { env, stdio: 'inherit' }), 'close');
  return readFileSync(trace, 'utf8').trimEnd().split('\n').length;
}

async function pointsOf(context: Context, stride: number): Promise<number[]> {
  const count = await callCount(context);
  const all = Array.from({ length: count }, (_, index) => index + 1);
  return context.isFull ? all : all.filter((at) => at % stride === context.seed % stride);
}

const killed: FaultCase = {
  name: 'a process that stores logins is killed at a call that writes, or in the middle of a write',
  async run(context) {
    const points = await pointsOf(context, STRIDE);
    for (const mode of ['kill', 'torn'] as const) {
      await inLanes(points, (at) =>
        labelled(`${mode} at call ${at}`, async () => {
          const { signal } = await run(context, { at, mode });
          if (signal === 'SIGKILL') context.count('kills');
        }),
      );
    }
    return `${points.length} points`;
  },
};

const failing: FaultCase = {
  name: 'a call of a process that stores logins fails once with EIO, ENOSPC, EACCES',
  async run(context) {
    let failures = 0;
    const points = await pointsOf(context, STRIDE * 3);
    for (const errno of [EIO, ENOSPC, EACCES]) {
      await inLanes(points, (at) =>
        labelled(`errno ${errno} at call ${at}`, async () => {
          const ended = await run(context, { at, mode: 'error', errno });
          assert.equal(ended.signal, null);
          for (const code of ended.failures) assert.match(code, /^STORE_/);
          failures += ended.failures.length;
        }),
      );
    }
    return `${points.length} points, ${failures} rejections with a code`;
  },
};

const full: FaultCase = {
  name: 'the disk of the logins is full (a tmpfs of 1 MB)',
  async run() {
    using home = new World();
    using mount = mountTmpfs(home.path, 2 ** 20);
    const keeper = new LoginKeeper({ stateDir: mount.path, tell: () => {}, keyring: null });
    await keeper.saveLogin(keyOf('a'), tokensOf('1'));
    const ballast = join(mount.path, 'ballast');
    const { bavail, bsize } = statfsSync(mount.path);
    writeFileSync(ballast, 'x'.repeat(bavail * bsize));
    // This scope is longer than the free space in the last page of the log.
    const scope = 'x'.repeat(60_000);
    let stored = 1;
    const save = async (): Promise<string> => {
      try {
        await keeper.saveLogin(keyOf('a'), tokensOf(String(stored + 1), { scope }));
        stored += 1;
        return 'stored';
      } catch (error) {
        return String((error as { code?: string }).code);
      }
    };
    let said = 'stored';
    for (let tries = 0; said === 'stored' && tries < 50; tries += 1) said = await save();
    assert.equal(said, 'STORE_UNAVAILABLE');
    assert.ok((await keeper.readAll()).logins[0]?.tokens?.accessToken.endsWith(`-${stored}`));
    rmSync(ballast);
    assert.equal(await save(), 'stored');
    await keeper.close();
    await check(mount.path, stored, stored, { scope });
    return `refused with a code after ${stored - 1} logins, then well again`;
  },
};

/** Cases with faults of the disk or the process of the login store. */
export const loginCases: readonly FaultCase[] = [killed, failing, full];
