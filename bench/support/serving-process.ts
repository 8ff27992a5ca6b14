import { type ChildProcess, spawn } from 'node:child_process';

/** A process that serves something. It is killed when this object is disposed of, and when this process exits. */
export interface ServingProcess<T> extends Disposable {
  readonly pid: number;
  /** The first line that the process printed, parsed as JSON. */
  readonly printed: T;
}

export interface ServingOptions {
  /** Arguments for Node.js. */
  readonly nodeArgs?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Whether to hide what the process writes to stderr. */
  readonly isQuiet?: boolean;
}

/**
 * Starts a script that serves something. Resolves once the script has printed its first line, which must be JSON.
 * Rejects if the process ends before that.
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
    child.once('close', (code) => reject(new Error(`${script} ended with exit code ${code}`)));
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

/** Kills `child` when this process exits for any reason. The returned function kills it immediately. */
export function endWithUs(child: ChildProcess): () => void {
  children.add(child);
  child.once('close', () => children.delete(child));
  return () => void child.kill('SIGKILL');
}
