import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { settledWithin } from '../../../shared/clock.ts';
import type { StdioCommand } from '../connection/local-entry.ts';
import { stdioEnvironment } from './stdio-environment.ts';

/** How a process ended: by itself with a code, or by a signal. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** How long a program has to end once its input is at its end, before it is told to (MCP 2025-06-18, lifecycle: shutdown, stdio). */
const INPUT_END_GRACE_MS = 300;

/** What was killed and does not go is stuck in the kernel: nobody can wait for that. */
const KILL_GRACE_MS = 2_000;

/** Windows knows no process groups: there the program alone is ended. */
const HAS_GROUPS = process.platform !== 'win32';

const live = new Set<ProcessGroup>();

function killAll(): void {
  for (const group of live) group.signal('SIGKILL');
}

/** A program and all that it starts, as a process group of its own. None of it outlives this process, unless that is killed outright. */
export class ProcessGroup {
  readonly child: ChildProcessWithoutNullStreams;
  /** Resolves when the program is gone; never where it could not be started. */
  readonly exited: Promise<ProcessExit>;
  readonly #closed: Promise<void>;

  /** Throws whatever spawn() throws; most failures come as an `error` event of `child`. */
  constructor({ command, args, env, cwd }: StdioCommand) {
    this.child = spawn(command, args, {
      cwd: cwd ?? undefined,
      env: stdioEnvironment(process.env, env),
      stdio: 'pipe',
      shell: false,
      detached: HAS_GROUPS,
      windowsHide: true,
    });
    if (this.child.pid !== undefined) this.#register();
    this.#closed = new Promise((resolve) => this.child.once('close', () => resolve()));
    this.exited = new Promise((resolve) => {
      this.child.once('exit', (code, signal) => {
        // Now or never: once its last process is gone, the number of the group can become that of a stranger.
        this.signal('SIGKILL');
        this.#unregister();
        resolve({ code, signal });
      });
    });
  }

  /** Signals every process of the group, until its leader is gone. */
  signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    const { pid } = this.child;
    if (pid === undefined || !live.has(this)) return;
    try {
      if (HAS_GROUPS) process.kill(-pid, signal);
      else this.child.kill(signal);
    } catch {
      // Nobody is left in it.
    }
  }

  /**
   * Ends the group: end of input, then SIGTERM, then SIGKILL `graceMs` later. Resolves when the program is gone and its pipes are closed,
   * from this side if `drainMs` are not enough for what it said last: a daemon that it left behind can hold them for ever.
   */
  async end(graceMs: number, drainMs: number): Promise<void> {
    const { stdin, stdout, stderr } = this.child;
    stdin.end();
    await this.#exitWithin(INPUT_END_GRACE_MS);
    this.signal('SIGTERM');
    await this.#exitWithin(graceMs);
    this.signal('SIGKILL');
    await this.#exitWithin(KILL_GRACE_MS);
    await settledWithin(this.#closed, drainMs);
    for (const pipe of [stdin, stdout, stderr]) pipe.destroy();
    await settledWithin(this.#closed, drainMs);
  }

  async #exitWithin(ms: number): Promise<void> {
    if (live.has(this)) await settledWithin(this.exited, ms);
  }

  #register(): void {
    if (live.size === 0) process.on('exit', killAll);
    live.add(this);
  }

  #unregister(): void {
    live.delete(this);
    if (live.size === 0) process.off('exit', killAll);
  }
}
