import { type ChildProcess, spawn, spawnSync } from 'node:child_process';

/**
 * Ends a process and everything that it started, on Windows. `taskkill` finds children by the process id of their
 * parent, so the parent must still exist. If `taskkill` is missing or fails, only the process itself is ended.
 */
export function endTree(process: ChildProcess): void {
  const taskkill = spawn('taskkill', argumentsFor(process), { stdio: 'ignore', windowsHide: true });
  taskkill.on('error', () => process.kill('SIGKILL'));
  taskkill.on('exit', (code) => {
    if (code !== 0) process.kill('SIGKILL');
  });
}

/**
 * Does the same as {@link endTree} synchronously, for use while this process exits. Waits at most 2 s for `taskkill`.
 */
export function endTreeNow(process: ChildProcess): void {
  const { status } = spawnSync('taskkill', argumentsFor(process), {
    stdio: 'ignore',
    windowsHide: true,
    timeout: 2_000,
  });
  if (status !== 0) process.kill('SIGKILL');
}

function argumentsFor({ pid }: ChildProcess): string[] {
  return ['/PID', String(pid), '/T', '/F'];
}
