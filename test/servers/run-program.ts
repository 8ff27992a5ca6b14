import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Ended {
  /** Null if it had to be killed. */
  readonly code: number | null;
  readonly ms: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a script with the Node of the test and `env` added to the test's environment; kills it after `limitMs`. */
export async function runNode(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  limitMs: number,
): Promise<Ended> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const seen = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk: Buffer) => {
      seen[name] += chunk.toString();
    });
  }
  const ended = new AbortController();
  const limit = sleep(limitMs, undefined, { signal: ended.signal }).then(
    () => child.kill('SIGKILL'),
    () => false,
  );
  // Not `close`: a child process that outlives the script may hold its pipes.
  const [code] = (await once(child, 'exit')) as [number | null];
  ended.abort();
  await limit;
  // Its last output may still be in the pipes.
  await Promise.race([once(child, 'close'), sleep(500)]);
  child.stdout.destroy();
  child.stderr.destroy();
  return { code, ms: performance.now() - startedMs, ...seen };
}
