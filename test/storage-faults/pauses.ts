import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { callsOf } from './calls.ts';
import type { FaultCase } from './case.ts';
import { check } from './check.ts';
import { type User, World } from './world.ts';

const program = fileURLToPath(new URL('../fixtures/programs/registry-user.ts', import.meta.url));

const ROUNDS = 4;

/** Longer than SQLite waits for a lock. */
const PAUSE_MS = 6_500;

/** Maximum duration of close(): five seconds for pending changes, five for the thread, and a margin. */
const MAX_CLOSE_MS = 11_000;

/** Starts a process that keeps the registry open and does nothing else. `home` is its $CORTEX_HOME. */
async function holder(home: string): Promise<ChildProcess> {
  const env = { PATH: process.env.PATH, CORTEX_HOME: home };
  const child = spawn(process.execPath, [program, 'holds'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const endsAt = performance.now() + 30_000;
  while (!condition()) {
    assert.ok(performance.now() < endsAt, `it never came true: ${what}`);
    await sleep(20);
  }
}

const startAll = (world: World, seed: number, prefixes: readonly string[]): User[] =>
  prefixes.map((prefix, index) => world.start({ prefix, seed: seed + index, rounds: ROUNDS }));

const idle: FaultCase = {
  name: 'a process that has the registry open is stopped',
  async run({ seed }) {
    using world = new World();
    const child = await holder(world.path);
    child.kill('SIGSTOP');
    try {
      const users = startAll(world, seed, ['q', 'r', 's']);
      await Promise.all(users.map(({ ended }) => ended));
      for (const user of users) assert.deepEqual([user.acks().flushed, user.acks().failures], [ROUNDS, []]);
      check(world);
    } finally {
      child.kill('SIGKILL');
    }
    return 'three others go on as if it were not there';
  },
};

const inACommit: FaultCase = {
  name: 'a process is stopped in the middle of a commit',
  async run(context) {
    using world = new World();
    const calls = await callsOf(context, ROUNDS);
    // Stops the process at a commit in the middle of its run, long after the store was created.
    const at = calls.indexOf('fsync', Math.floor(calls.length / 2)) + 1;
    const { seed } = context;
    const victim = world.start({
      prefix: 'p',
      seed,
      rounds: ROUNDS,
      shim: context.shim(),
      fault: { at, mode: 'stop' },
      trace: join(world.path, 'trace'),
    });
    await sleep(2_000);
    const users = startAll(world, seed, ['q', 'r']);
    const startedMs = performance.now();
    await until('the others are told', () => users.every((user) => user.acks().failures.length > 0));
    const toldMs = performance.now() - startedMs;
    await sleep(Math.max(0, PAUSE_MS - toldMs));
    victim.child.kill('SIGCONT');
    await Promise.all(world.users.map(({ ended }) => ended));
    for (const user of world.users) assert.equal(user.acks().flushed, ROUNDS, `${user.options.prefix} lost something`);
    check(world);
    return `the others were told after ${Math.round(toldMs)} ms, and lost nothing once it went on`;
  },
};

const hanging: FaultCase = {
  name: 'fsync never returns',
  async run(context) {
    using world = new World();
    const fault = { at: 12, mode: 'hang', calls: ['fsync', 'fdatasync'] } as const;
    const user = world.start({ prefix: 'p', seed: context.seed, rounds: ROUNDS, shim: context.shim(), fault });
    await until('it is closed', () => user.acks().closedMs !== null);
    const { closedMs, failures } = user.acks();
    assert.ok(closedMs !== null && closedMs < MAX_CLOSE_MS, `closing took ${closedMs} ms`);
    assert.ok(failures.length > 0, 'no failure was reported');
    // The process cannot end by itself, because its thread never returns from fsync.
    user.child.kill('SIGKILL');
    await user.ended;
    check(world);
    return `closed after ${closedMs} ms`;
  },
};

/** Cases with processes and disks that are paused. */
export const pauseCases: readonly FaultCase[] = [idle, inACommit, hanging];
