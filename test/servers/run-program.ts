import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Ended {
  /** Null if the process had to be killed. */
  readonly code: number | null;
  readonly ms: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a script with the Node of the test, and adds `env` to its environment. Kills the script after `limitMs`. */
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
  // Waits for `exit` and not for `close`, because a child process that outlives the script may hold its pipes.
  const [code] = (await once(child, 'exit')) as [number | null];
  ended.abort();
  await limit;
  // The script's last output may still be in the pipes.
  await Promise.race([once(child, 'close'), sleep(500)]);
  child.stdout.destroy();
  child.stderr.destroy();
  return { code, ms: performance.now() - startedMs, ...seen };
}
