import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from './case.ts';
import { World } from './world.ts';

/** Returns the writing calls of a process with this number of rounds, in order; the first is number 1 for the shim. */
export async function callsOf(context: Context, rounds: number, seed = context.seed): Promise<string[]> {
  using world = new World();
  const trace = join(world.path, 'trace');
  await world.start({ prefix: 'p', seed, rounds, shim: context.shim(), trace }).ended;
  return readFileSync(trace, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '');
}

/** Prefixes a failure of `work` with its place, so that it can be repeated. */
export async function labelled(what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw new Error(`${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
