import { type ChildProcess, spawn, spawnSync } from 'node:child_process';

/**
 * Ends a process and everything that it started, on Windows. `taskkill` finds children by the process id of their
 * parent, so the parent must still be there. If `taskkill` is missing or fails, the process alone is ended.
 */
export function endTree(process: ChildProcess): void {
  const taskkill = spawn('taskkill', argumentsFor(process), { stdio: 'ignore', windowsHide: true });
  taskkill.on('error', () => process.kill('SIGKILL'));
  taskkill.on('exit', (code) => {
    if (code !== 0) process.kill('SIGKILL');
  });
}

/** The same, before it returns: for the moment when this process exits. It waits 2 s for `taskkill` at most. */
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
