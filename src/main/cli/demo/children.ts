import { type ChildProcess, spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { deadline, raceSignal, systemSleep } from '../../../shared/clock.ts';

const READY_TIMEOUT_MS = 20_000;
const STDERR_KEPT = 2_000;

/**
 * The child processes of a demo. They are ended by {@link stop} and when this process exits, but not if this process is
 * killed.
 */
export class Children implements Disposable {
  readonly #children = new Set<ChildProcess>();
  readonly #stopping = new AbortController();
  readonly #onExit = (): void => this.stop();

  constructor() {
    process.once('exit', this.#onExit);
  }

  /** Starts `script` with the current Node.js. Resolves with the first line that the script prints. */
  async startAnnouncing(script: string, args: readonly string[]): Promise<string> {
    const child = this.#spawn(script, args, {});
    const lines = createInterface({ input: child.output });
    const first = new Promise<string>((resolve) => lines.once('line', resolve));
    return await this.#inTime(script, () => Promise.race([first, child.exited]));
  }

  /**
   * Starts `script` with the current Node.js on a free port. `argsFor` and `envFor` return the arguments and variables
   * that tell the script its port. Resolves with the port once the script listens on it.
   */
  async startOnPort(
    script: string,
    argsFor: (port: number) => readonly string[],
    envFor: (port: number) => NodeJS.ProcessEnv = () => ({}),
  ): Promise<number> {
    const port = await freePort();
    const child = this.#spawn(script, argsFor(port), envFor(port));
    child.output.resume();
    await this.#inTime(script, (signal) => Promise.race([accepting(port, signal), child.exited]));
    return port;
  }

  /** Ends all child processes and the processes that they have started. Later calls do nothing. */
  stop(): void {
    for (const child of this.#children) {
      try {
        // The negative id addresses the process group of the child, which includes the processes that the child has
        // started.
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
      } catch {
        // The child process has already exited.
      }
    }
    this.#children.clear();
    this.#stopping.abort(new Error('The demo is over'));
    process.off('exit', this.#onExit);
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  async #inTime<T>(script: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const late = (): Error => new Error(`${script} was not ready within ${READY_TIMEOUT_MS} ms`);
    using limit = deadline(READY_TIMEOUT_MS, late, this.#stopping.signal);
    return await raceSignal(work(limit.signal), limit.signal);
  }

  #spawn(
    script: string,
    args: readonly string[],
    env: NodeJS.ProcessEnv,
  ): { output: NodeJS.ReadableStream; exited: Promise<never> } {
    const child = spawn(process.execPath, [script, ...args], {
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    this.#children.add(child);
    let stderr = '';
    child.stderr.on('data', (data: Buffer) => {
      stderr = (stderr + data.toString()).slice(-STDERR_KEPT);
    });
    const exited = new Promise<never>((_, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => {
        this.#children.delete(child);
        reject(new Error(`${script} ended with ${code} before it was ready: ${stderr.trim()}`));
      });
    });
    exited.catch(() => {});
    return { output: child.stdout, exited };
  }
}

/** Resolves with a port of 127.0.0.1 that is currently free. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

async function accepting(port: number, signal: AbortSignal): Promise<void> {
  while (!(await accepts(port))) await systemSleep(50, signal);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
