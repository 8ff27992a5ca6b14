import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from './case.ts';
import { World } from './world.ts';

/** Returns the names of the writing calls of a process with this number of rounds. The shim counts them from 1. */
export async function callsOf(context: Context, rounds: number, seed = context.seed): Promise<string[]> {
  using world = new World();
  const trace = join(world.path, 'trace');
  await world.start({ prefix: 'p', seed, rounds, shim: context.shim(), trace }).ended;
  return readFileSync(trace, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '');
}

/** Runs `work`. If it fails, puts `what` in front of the error message, so that the failure can be repeated. */
export async function labelled(what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw new Error(`${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
