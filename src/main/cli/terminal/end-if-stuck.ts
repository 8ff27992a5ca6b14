import { hasStuckThreads } from '../../writer/stuck-threads.ts';

/**
 * Kills this process where one of its threads does not end: neither the end of main nor `process.exit()` would then ever come. What was
 * printed is out by then, but the exit code is lost.
 */
export function endIfStuck(): void {
  if (!hasStuckThreads()) return;
  process.stderr.write('mcp-switchyard: WORKER_STUCK: A worker thread does not end; this process is killed.\n');
  process.stdout.write('', () => process.kill(process.pid, 'SIGKILL'));
}
