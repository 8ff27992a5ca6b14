import { callsOf, labelled } from './calls.ts';
import { type Context, type FaultCase, inLanes, upwards } from './case.ts';
import { check } from './check.ts';
import type { Fault } from './shim.ts';
import { type UserOptions, World } from './world.ts';

const roundsOf = ({ isFull }: Context): number => (isFull ? 6 : 2);

/** Number of runs in the long form, each with its own workload. */
const FULL_RUNS = 4;

/** If several processes take part, only every n-th call of a run is tested. */
const STRIDE = 8;
const FULL_STRIDE = 2;

/** Runs one process with a fault. Resolves with how the process ended. */
async function oneWith(context: Context, fault: Fault, seed: number): Promise<'killed' | 'ended'> {
  using world = new World();
  const user = world.start({ prefix: 'p', seed, rounds: roundsOf(context), shim: context.shim(), fault });
  const signal = await user.ended;
  if (signal === 'SIGKILL') context.count('kills');
  check(world);
  return signal === 'SIGKILL' ? 'killed' : 'ended';
}

function seedsOf(context: Context): number[] {
  return Array.from({ length: context.isFull ? FULL_RUNS : 1 }, (_, index) => context.seed + index);
}

const killed: FaultCase = {
  name: 'one process is killed at each call that writes',
  async run(context) {
    let last = 0;
    for (const seed of seedsOf(context)) {
      const calls = await callsOf(context, roundsOf(context), seed);
      last = await upwards(async (call) => {
        let ended = '';
        await labelled(`killed at call ${call}, seed ${seed}`, async () => {
          ended = await oneWith(context, { at: call, mode: 'kill' }, seed);
        });
        return ended === 'ended' ? 'enough' : 'more';
      });
      context.progress(`seed ${seed}: a run makes ${calls.length} calls; one ended by itself at call ${last}`);
    }
    return `up to call ${last}, where a run ended by itself`;
  },
};

const torn: FaultCase = {
  name: 'one process is killed in the middle of a write',
  async run(context) {
    let tries = 0;
    for (const seed of seedsOf(context)) {
      const calls = await callsOf(context, roundsOf(context), seed);
      const writes = calls.flatMap((call, index) => (call.includes('write') ? [index + 1] : []));
      const chosen = context.isFull ? writes : writes.filter((_, index) => index % 4 === seed % 4);
      await inLanes(chosen, (call) =>
        labelled(`a torn write at call ${call}, seed ${seed}`, async () => {
          await oneWith(context, { at: call, mode: 'torn' }, seed);
        }),
      );
      tries += chosen.length;
      context.progress(`seed ${seed}: ${chosen.length} torn writes`);
    }
    return `${tries} torn writes`;
  },
};

/**
 * Runs four processes on one folder, one of them with the fault. `then` says what the other processes do after that
 * process has ended. Resolves with whether the fault killed the process.
 */
async function fourWith(context: Context, call: number, seed: number, then: 'go on' | 'die'): Promise<boolean> {
  using world = new World();
  const fault: Fault = { at: call, mode: 'kill' };
  const others: UserOptions[] = ['q', 'r', 's'].map((prefix, index) => ({
    prefix,
    seed: seed + index,
    rounds: roundsOf(context),
  }));
  for (const options of others) world.start(options);
  const victim = world.start({ prefix: 'p', seed, rounds: roundsOf(context), shim: context.shim(), fault });
  const signal = await victim.ended;
  if (then === 'die') for (const { child } of world.users) if (child.kill('SIGKILL')) context.count('kills');
  const signals = await Promise.all(world.users.map(({ ended }) => ended));
  if (signal === 'SIGKILL') context.count('kills');
  check(world);
  if (then === 'go on') {
    for (const user of world.users.filter((_, index) => signals[index] === null)) {
      const { acked, failures } = user.acks();
      if (acked !== roundsOf(context))
        throw new Error(`Process ${user.options.prefix} did not finish its rounds: ${failures.join()}`);
    }
  }
  return signal === 'SIGKILL';
}

const four = (then: 'go on' | 'die', name: string): FaultCase => ({
  name,
  async run(context) {
    const last = await upwards(async (step) => {
      const stride = context.isFull ? FULL_STRIDE : STRIDE;
      const call = 1 + (step - 1) * stride + (context.seed % stride);
      let wasKilled = false;
      await labelled(`call ${call}, seed ${context.seed}`, async () => {
        wasKilled = await fourWith(context, call, context.seed, then);
      });
      if (step % 50 === 0) context.progress(`${step} points`);
      return wasKilled ? 'more' : 'enough';
    });
    return `${last} points`;
  },
});

/** Cases with processes that are killed between two calls or in the middle of a write. */
export const killCases: readonly FaultCase[] = [
  killed,
  torn,
  four('go on', 'one of four processes is killed'),
  four('die', 'all of four processes are killed'),
];
