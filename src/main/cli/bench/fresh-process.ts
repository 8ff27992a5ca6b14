import { spawn } from 'node:child_process';

/** Maximum number of characters of stderr that are kept for the error message of a failed process. */
const MAX_COMPLAINTS = 2_000;

/**
 * Runs `script` in a new Node.js process and resolves with the JSON that the script prints. Kills the new process if
 * the current process exits first.
 */
export function inFreshProcess<T>(
  script: string,
  args: readonly string[],
  nodeArgs: readonly string[] = [],
): Promise<T> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...nodeArgs, script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    const kill = (): void => void child.kill('SIGKILL');
    process.once('exit', kill);
    let output = '';
    let complaints = '';
    child.stderr.on('data', (data: Buffer) => {
      complaints = (complaints + data.toString()).slice(-MAX_COMPLAINTS);
    });
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString();
    });
    child.once('error', reject);
    child.once('close', (code) => {
      process.off('exit', kill);
      if (code === 0) resolve(JSON.parse(output) as T);
      else reject(new Error(`${script} ended with ${code}: ${complaints}`));
    });
  });
}
