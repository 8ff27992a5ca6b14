import type { Finding, FuzzTarget } from './fuzz-target.ts';
import { InputRunner } from './run-input.ts';

/**
 * Runs, in this thread, one input of the target that the module at `url` exports. Resolves with null if the input
 * breaks no rule.
 */
export async function runAlone(url: string, input: Uint8Array): Promise<Finding | null> {
  const { target } = (await import(url)) as { readonly target: FuzzTarget };
  const running = await target.start();
  using runner = new InputRunner(target, running);
  const finding = (await runner.run(input)) ?? (await runner.late(input));
  await running.close?.();
  return finding;
}
