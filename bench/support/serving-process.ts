import { type ChildProcess, spawn } from 'node:child_process';

/** A process that serves until it is killed: with the scope, and with this process. */
export interface ServingProcess<T> extends Disposable {
  readonly pid: number;
  /** First line of its output. */
  readonly printed: T;
}

export interface ServingOptions {
  /** Arguments of Node itself. */
  readonly nodeArgs?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Whether its stderr is hidden. */
  readonly isQuiet?: boolean;
}

/**
 * Starts a script that serves. Resolves once it has printed its first line, which is JSON. Rejects if it ends before
 * that.
 */
export function startServing<T>(
  script: string,
  args: readonly string[],
  { nodeArgs = [], env = {}, isQuiet = false }: ServingOptions = {},
): Promise<ServingProcess<T>> {
  const child = spawn(process.execPath, [...nodeArgs, script, ...args], {
    stdio: ['ignore', 'pipe', isQuiet ? 'ignore' : 'inherit'],
    env: { ...process.env, ...env },
  });
  const kill = endWithUs(child);
  return new Promise((resolve, reject) => {
    let output = '';
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`${script} ended with ${code}`)));
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString();
      const end = output.indexOf('\n');
      if (end < 0) return;
      child.stdout.removeAllListeners('data').resume();
      resolve({
        pid: child.pid ?? 0,
        printed: JSON.parse(output.slice(0, end)) as T,
        [Symbol.dispose]: kill,
      });
    });
  });
}

const children = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** Kills a process when this one ends, for whatever reason. The returned function kills it at once. */
export function endWithUs(child: ChildProcess): () => void {
  children.add(child);
  child.once('close', () => children.delete(child));
  return () => void child.kill('SIGKILL');
}
