import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { callsOf, labelled } from './calls.ts';
import { type Context, type FaultCase, inLanes } from './case.ts';
import { check } from './check.ts';
import type { Fault } from './shim.ts';
import { type Acks, World } from './world.ts';

const { EIO, ENOSPC, EROFS, EMFILE, EACCES, EPERM, EFBIG } = constants.errno;
const ERRORS = { EIO, ENOSPC, EROFS, EMFILE, EACCES, EPERM, EFBIG };

const ROUNDS = 4;

/** Maximum duration of close(): five seconds for pending changes, five for the thread, and a margin. */
const MAX_CLOSE_MS = 11_000;

/** Runs a process that must survive its fault. Resolves with the report of the process. */
async function outlive(context: Context, fault: Fault, seed: number): Promise<Acks> {
  using world = new World();
  const user = world.start({ prefix: 'p', seed, rounds: ROUNDS, shim: context.shim(), fault });
  assert.equal(await user.ended, null, 'the process did not end automatically');
  check(world);
  const acks = user.acks();
  assert.ok(acks.closedMs !== null && acks.closedMs < MAX_CLOSE_MS, `closing took ${acks.closedMs} ms`);
  for (const code of acks.failures) assert.equal(code, 'STORE_UNAVAILABLE');
  return acks;
}

/** Returns the calls at which the fault is injected: all the given calls, or about `count` of them. */
function pointsOf(context: Context, calls: readonly number[], count: number): number[] {
  const stride = context.isFull ? 1 : Math.max(1, Math.floor(calls.length / count));
  return calls.filter((_, index) => index % stride === context.seed % stride);
}

const short: FaultCase = {
  name: 'a call writes fewer bytes than it was given',
  async run(context) {
    const calls = await callsOf(context, ROUNDS);
    const writes = calls.flatMap((call, index) => (call.includes('write') ? [index + 1] : []));
    const points = pointsOf(context, writes, 15);
    await inLanes(points, (at) =>
      labelled(`a short write at call ${at}`, async () => {
        const { failures, flushed } = await outlive(context, { at, mode: 'short' }, context.seed);
        assert.deepEqual([failures, flushed], [[], ROUNDS]);
      }),
    );
    return `${points.length} short writes, none of which caused a failure`;
  },
};

const once: FaultCase = {
  name: 'a call fails once with EIO, ENOSPC, EROFS, EMFILE, EACCES, EPERM, EFBIG',
  async run(context) {
    const calls = await callsOf(context, ROUNDS);
    const all = calls.map((_, index) => index + 1);
    let failures = 0;
    let points = 0;
    for (const [name, errno] of Object.entries(ERRORS)) {
      const chosen = pointsOf(context, all, 6);
      await inLanes(chosen, (at) =>
        labelled(`${name} at call ${at}`, async () => {
          const acks = await outlive(context, { at, mode: 'error', errno }, context.seed);
          assert.equal(acks.flushed, ROUNDS, 'it did not recover');
          failures += acks.failures.length;
        }),
      );
      points += chosen.length;
      context.progress(`${name}: ${chosen.length} points`);
    }
    return `${points} points, ${failures} rejections with a code, all durable in the end`;
  },
};

const syncs: FaultCase = {
  name: 'fsync fails with EIO',
  async run(context) {
    const calls = (await callsOf(context, ROUNDS)).filter((call) => call === 'fsync');
    const points = pointsOf(
      context,
      calls.map((_, index) => index + 1),
      12,
    );
    await inLanes(points, (at) =>
      labelled(`fsync ${at}`, async () => {
        const fault: Fault = { at, mode: 'error', errno: EIO, calls: ['fsync', 'fdatasync'] };
        assert.equal((await outlive(context, fault, context.seed)).flushed, ROUNDS, 'it did not recover');
      }),
    );
    return `${points.length} of ${calls.length} fsyncs`;
  },
};

const lasting: FaultCase = {
  name: 'from some call on, all calls fail',
  async run(context) {
    const calls = await callsOf(context, ROUNDS);
    const points = Object.entries(ERRORS).flatMap(([name, errno], index) => {
      // Calls begin to fail after this fraction of the run: at the very first call, or around an early or late commit.
      const fractions = context.isFull ? [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6] : [(index % 4) * 0.2];
      return fractions.map((fraction) => ({ name, errno, at: 1 + Math.floor(fraction * calls.length) }));
    });
    await inLanes(points, ({ name, errno, at }) =>
      labelled(`${name} from call ${at} on`, async () => {
        const acks = await outlive(context, { at, mode: 'error', errno, isLasting: true }, context.seed);
        assert.ok(acks.failures.length > 0, 'no failure was reported');
        assert.ok(acks.acked < ROUNDS || acks.flushed < ROUNDS, 'it reports that everything is stored');
        assert.ok(acks.events.includes('registry-closed-early') || acks.events.includes('registry-flush-failed'));
      }),
    );
    return `${points.length} points; failures reported, and closed within ${MAX_CLOSE_MS} ms`;
  },
};

/** Cases with disks whose calls fail or write too little. */
export const errorCases: readonly FaultCase[] = [short, once, syncs, lasting];
