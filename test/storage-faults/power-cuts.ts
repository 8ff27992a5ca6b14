import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { truncateSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { labelled } from './calls.ts';
import type { Context, FaultCase } from './case.ts';
import { check } from './check.ts';
import { mountImage } from './mounts.ts';
import { compile } from './shim.ts';
import { seeded } from './workload.ts';
import { World } from './world.ts';

/** More rounds than a process completes before its power is cut. */
const ROUNDS = 2_000;

/** Maximum run time after the first acknowledged round. */
const MAX_RUN_MS = 400;

/** Cuts the power of one process on a separate disk. Resolves with the number of rounds acknowledged before the cut. */
async function cutOnce(tool: string, type: 'ext4' | 'xfs', seed: number): Promise<number> {
  using home = new World();
  using mount = mountImage(home.path, type);
  using world = new World(mount.path);
  const user = world.start({ prefix: 'p', seed, rounds: ROUNDS });
  const endsAt = performance.now() + 10_000;
  while (user.acks().acked === 0 && performance.now() < endsAt) await sleep(5);
  await sleep(seeded(seed)() * MAX_RUN_MS);
  const { status, stdout, stderr } = spawnSync(tool, [mount.path, user.acksPath], { encoding: 'utf8' });
  user.child.kill('SIGKILL');
  await user.ended;
  assert.equal(status, 0, stderr);
  // Acknowledgements after the start of the cut are dropped, because no client would receive them.
  truncateSync(user.acksPath, Number(stdout));
  mount.cycle();
  check(world);
  return user.acks().acked;
}

const powerCut = (type: 'ext4' | 'xfs'): FaultCase => ({
  name: `the power is cut during writes (${type})`,
  async run(context: Context) {
    const cuts = context.isFull ? 40 : 3;
    using tools = new World();
    const tool = compile('cut-power.c', tools.path, []);
    let acknowledged = 0;
    for (let cut = 0; cut < cuts; cut += 1) {
      const seed = context.seed + cut;
      await labelled(`cut ${cut}, seed ${seed}`, async () => {
        acknowledged += await cutOnce(tool, type, seed);
      });
      context.count('power cuts');
      if (cut % 10 === 9) context.progress(`${cut + 1} cuts`);
    }
    assert.ok(acknowledged > 0, 'nothing was acknowledged before any cut');
    return `${cuts} cuts, ${acknowledged} rounds acknowledged before them`;
  },
});

/** Cases with disks that lose everything that was not synced. */
export const powerCutCases: readonly FaultCase[] = [powerCut('ext4'), powerCut('xfs')];
