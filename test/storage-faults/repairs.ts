import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { labelled } from './calls.ts';
import { type Context, type FaultCase, upwards } from './case.ts';
import { check, type Found } from './check.ts';
import { makeSample, NAMES } from './sample.ts';
import { World } from './world.ts';

const ROUNDS = 2;

/** The short form tests only every n-th call. */
const STRIDE = 8;

/** Damages the bytes of a store. */
type Damage = (bytes: Buffer) => Buffer;

/** Changes one letter of a record. */
const inARecord: Damage = (bytes) => {
  const at = bytes.indexOf('server-3.example');
  assert.ok(at > 0);
  bytes[at] = 'z'.charCodeAt(0);
  return bytes;
};

/**
 * Fills the store with zeros, as a power cut may do. A file with other bytes would look like a file of another program,
 * and would not be repaired.
 */
const everywhere: Damage = (bytes) => bytes.fill(0);

/** Creates a world whose registry is the damaged sample. */
function damagedWorld(sample: string, damage: Damage): World {
  const world = new World();
  cpSync(sample, world.folder, { recursive: true });
  const store = join(world.folder, 'switchyard.db');
  writeFileSync(store, damage(readFileSync(store)));
  return world;
}

/** Checks that the whole sample was restored from the store or the file, and that one damaged store was renamed. */
function checkRepaired(world: World): Found {
  const found = check(world, /\.corrupt/);
  const names = found.servers.map(({ name }) => name).filter((name) => name.startsWith('server-'));
  assert.deepEqual(names.sort(), [...NAMES].sort());
  const aside = readdirSync(world.folder).filter((name) => name.endsWith('.corrupt'));
  assert.equal(aside.length, 1, `set aside: ${aside}`);
  return found;
}

const killed = (what: string, damage: Damage): FaultCase => ({
  name: `a process is killed at each call while it sets aside a store that is damaged ${what}`,
  async run(context: Context) {
    using home = new World();
    const sample = makeSample(home.path, 'closed');
    const last = await upwards(async (step) => {
      const call = context.isFull ? step : 1 + (step - 1) * STRIDE + (context.seed % STRIDE);
      using world = damagedWorld(sample, damage);
      const fault = { at: call, mode: 'kill' } as const;
      const user = world.start({ prefix: 'p', seed: context.seed, rounds: ROUNDS, shim: context.shim(), fault });
      const signal = await user.ended;
      if (signal === 'SIGKILL') context.count('kills');
      await labelled(`call ${call}`, async () => void checkRepaired(world));
      return signal === 'SIGKILL' ? 'more' : 'enough';
    });
    return `${last} points`;
  },
});

const atOnce: FaultCase = {
  name: 'four processes find the damaged store at the same time',
  async run(context) {
    const times = context.isFull ? 25 : 3;
    using home = new World();
    const sample = makeSample(home.path, 'closed');
    for (let time = 0; time < times; time += 1) {
      for (const damage of [inARecord, everywhere]) {
        using world = damagedWorld(sample, damage);
        const users = ['p', 'q', 'r', 's'].map((prefix, index) =>
          world.start({ prefix, seed: context.seed + index + time, rounds: ROUNDS }),
        );
        await Promise.all(users.map(({ ended }) => ended));
        checkRepaired(world);
        for (const user of users)
          assert.equal(
            user.acks().flushed,
            ROUNDS,
            `Process ${user.options.prefix} did not write its rounds to the file`,
          );
      }
    }
    return `${2 * times} times`;
  },
};

/** Cases with damaged stores that are renamed and repaired. */
export const repairCases: readonly FaultCase[] = [
  killed('in a record', inARecord),
  killed('everywhere', everywhere),
  atOnce,
];
