import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execFileAsync = promisify(execFile);

const TIMEOUT_MS = 30_000;

/**
 * Runs a Node script with `home` as the user's home folder, and parses the JSON that it prints. Rejects with the output
 * of the script if the output is not JSON.
 */
export async function runForJson(file: string, args: readonly string[], home: string): Promise<unknown> {
  const env = { PATH: process.env.PATH, HOME: home, NO_COLOR: '1' };
  const options = { cwd: home, env, timeout: TIMEOUT_MS, maxBuffer: 16 * 1024 * 1024 };
  const { stdout, stderr } = await execFileAsync(process.execPath, [file, ...args], options);
  try {
    return JSON.parse(stdout);
  } catch (cause) {
    throw new Error(`The program did not print JSON:\n${stdout}\n${stderr}`, { cause });
  }
}
