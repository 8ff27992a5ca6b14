import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A process that runs until it is disposed of. */
export interface Program extends AsyncDisposable {
  /** The first line that the process printed, parsed as JSON. */
  readonly line: unknown;
  /** Returns everything that the process has printed to stderr so far. */
  stderr(): string;
}

const START_MS = 30_000;
const END_MS = 10_000;

/**
 * Starts a Node.js process and waits for its first line, which must be JSON. If the process ends before that, or prints
 * nothing for 30 s, the promise is rejected, and the error contains the output on stderr. Disposing of the process
 * sends SIGTERM, and SIGKILL 10 s later.
 */
export async function startProgram(args: readonly string[], cwd?: string): Promise<Program> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], ...(cwd !== undefined && { cwd }) });
  let stderr = '';
  child.stderr.on('data', (data: Buffer) => {
    stderr += data.toString();
  });
  const ended = once(child, 'close');
  const stop = async (): Promise<void> => {
    const timer = setTimeout(() => child.kill('SIGKILL'), END_MS);
    child.kill('SIGTERM');
    await ended;
    clearTimeout(timer);
  };
  try {
    const lines = createInterface({ input: child.stdout });
    const first = once(lines, 'line', { signal: AbortSignal.timeout(START_MS) });
    const [text] = await Promise.race([first, ended.then(() => [null])]);
    if (text === null) throw new Error('The process ended before it printed a line');
    return { line: JSON.parse(text), stderr: () => stderr, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw new Error(`${args.join(' ')} did not start:\n${stderr}`, { cause: error });
  }
}
