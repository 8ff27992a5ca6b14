import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';

export interface Outcome {
  /** The exit code; null if the process was killed after the time limit. */
  readonly code: number | null;
  readonly output: string;
}

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /**
   * Path of the file to which the output is written. With a pipe, the test would have to wait for background processes.
   */
  readonly log: string;
  readonly limitMs: number;
}

/**
 * Runs a command and waits until it ends. After the time limit, kills the command and all processes that it started.
 */
export async function runProcess({ command, args, cwd, env, log, limitMs }: Command): Promise<Outcome> {
  const file = openSync(log, 'w');
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', file, file] });
  let isOver = false;
  const timer = setTimeout(() => {
    isOver = true;
    endGroup(child.pid);
  }, limitMs);
  const [code] = (await once(child, 'exit')) as [number | null];
  clearTimeout(timer);
  if (code !== 0) endGroup(child.pid);
  const output = readFileSync(log, 'utf8');
  return isOver ? { code: null, output: `${output}\n(did not end within ${limitMs / 1_000} s)` } : { code, output };
}

/** Ends the background processes that a failed command has started. */
function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // No process is left.
  }
}
