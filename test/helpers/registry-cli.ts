import type { CliOptions, Ended } from './cli.ts';
import { runCliHere } from './cli-in-process.ts';
import { RegistryWorld } from './registry-world.ts';

type Run = (args: readonly string[], options?: CliOptions) => Promise<Ended>;

/** Creates a registry. `registry()` runs the `registry` commands on it with `run`. */
export function registryCli(run: Run = runCliHere) {
  const world = new RegistryWorld();
  const registry: Run = (args, options = {}) =>
    run(['registry', ...args], { ...options, env: { CORTEX_HOME: world.home, ...options.env } });
  return Object.assign(world, { registry });
}

/** Parses the document that a command printed. */
export function documentOf({ stdout }: Ended) {
  return JSON.parse(stdout);
}
