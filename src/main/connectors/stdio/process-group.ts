import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import spawn from 'cross-spawn';
import { settledWithin } from '../../../shared/clock.ts';
import type { StdioCommand } from '../connection/local-entry.ts';
import { stdioEnvironment } from './stdio-environment.ts';
import { endTree, endTreeNow } from './windows-tree.ts';

/** How a process ended: on its own with an exit code, or by a signal. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** Delay between closing the process's stdin and SIGTERM (MCP 2025-06-18, lifecycle: shutdown, stdio). */
const INPUT_END_GRACE_MS = 300;

/**
 * How long to wait after SIGKILL. A process that has not ended by then is stuck in the kernel, so waiting longer would
 * not help.
 */
const KILL_GRACE_MS = 2_000;

/** Whether the system has process groups and SIGTERM. Windows has neither: there, SIGKILL ends the process tree. */
const HAS_GROUPS = process.platform !== 'win32';

const live = new Set<ProcessGroup>();

/** Kills all groups while this process exits. Asynchronous work is no longer possible at that time. */
function killAll(): void {
  for (const group of live) group.killNow();
}

/**
 * A stdio server and all processes that it starts, in their own process group. The group is killed when this process
 * exits. If this process is killed itself, the servers notice that their stdin was closed.
 */
export class ProcessGroup {
  readonly child: ChildProcessWithoutNullStreams;
  /** Resolves when the process has ended. Never resolves if the process could not be started. */
  readonly exited: Promise<ProcessExit>;
  readonly #closed: Promise<void>;

  /** Throws the synchronous errors of spawn(). Most failures are reported by the `error` event of `child` instead. */
  constructor({ command, args, env, cwd }: StdioCommand) {
    // On Windows, cross-spawn finds `npx.cmd` for `npx`, and runs it in cmd.exe, with every argument escaped.
    this.child = spawn(command, args, {
      cwd: cwd ?? undefined,
      env: stdioEnvironment(process.env, env),
      stdio: 'pipe',
      shell: false,
      detached: HAS_GROUPS,
      windowsHide: true,
    }) as ChildProcessWithoutNullStreams;
    if (this.child.pid !== undefined) this.#register();
    this.#closed = new Promise((resolve) => this.child.once('close', () => resolve()));
    this.exited = new Promise((resolve) => {
      this.child.once('exit', (code, signal) => {
        // The signal must be sent immediately. Once the group is empty, the system may give its number to another
        // group.
        if (HAS_GROUPS) this.signal('SIGKILL');
        this.#unregister();
        resolve({ code, signal });
      });
    });
  }

  /**
   * Sends a signal to every process of the group, as long as the group's leader runs. On Windows, SIGKILL ends the
   * process tree and SIGTERM does nothing.
   */
  signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    const { pid } = this.child;
    if (pid === undefined || !live.has(this)) return;
    if (HAS_GROUPS) signalGroup(pid, signal);
    else if (signal === 'SIGKILL') endTree(this.child);
  }

  /** Kills every process of the group, synchronously. */
  killNow(): void {
    const { pid } = this.child;
    if (pid === undefined) return;
    if (HAS_GROUPS) signalGroup(pid, 'SIGKILL');
    else endTreeNow(this.child);
  }

  /**
   * Ends the group: closes stdin, then sends SIGTERM, and SIGKILL `graceMs` later. Resolves when the process has ended
   * and its pipes are closed. A daemon that the process started may keep the pipes open. In that case, this process
   * closes them after `drainMs`.
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

function signalGroup(leader: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(-leader, signal);
  } catch {
    // There is no process left in the group.
  }
}
