import { spawn } from 'node:child_process';
import { mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface KeptCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Decides from the output of the process whether the process is ready. */
  readonly isReady: (output: string) => boolean;
}

export interface KeptResult {
  /** The exit code of the process; null if it is still running. */
  readonly code: number | null;
  readonly output: string;
}

/**
 * Starts a process in the background, and waits until it is ready or has ended. Its output and its process id are
 * stored in `folder`, so that {@link endKept} can end it.
 */
export async function startKept(
  folder: string,
  { command, args, cwd, env, isReady }: KeptCommand,
): Promise<KeptResult> {
  mkdirSync(folder, { recursive: true });
  const name = join(folder, `${process.pid}-${readdirSync(folder).length}`);
  const log = openSync(`${name}.log`, 'a');
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', log, log] });
  let code: number | null = null;
  child.once('exit', (exitCode) => {
    code = exitCode ?? 1;
  });
  child.once('error', () => {
    code = 127;
  });
  writeFileSync(`${name}.pid`, `${child.pid}`);
  const output = (): string => readFileSync(`${name}.log`, 'utf8');
  for (let waitedMs = 0; code === null && !isReady(output()) && waitedMs < 60_000; waitedMs += 50) await sleep(50);
  child.unref();
  return { code, output: output() };
}

/** Ends the background processes whose process ids are in `folder`. Resolves once they have ended. */
export async function endKept(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const pids = readdirSync(folder)
    .filter((name) => name.endsWith('.pid'))
    .map((name) => Number(readFileSync(join(folder, name), 'utf8')));
  for (const pid of pids) signal(pid, 'SIGTERM');
  for (let waitedMs = 0; pids.some((pid) => signal(pid, 0)) && waitedMs < 3_000; waitedMs += 50) await sleep(50);
  for (const pid of pids) signal(pid, 'SIGKILL');
}

/** Sends a signal to a process group. Returns false if the group no longer exists. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, name);
  } catch {
    return false;
  }
}
