import { spawnSync } from 'node:child_process';

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs a command in this terminal. Returns whether its exit code was 0. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): boolean {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', ...withEnv(options) });
  if (error !== undefined) process.stderr.write(`${command}: ${error.message}\n`);
  return status === 0;
}

/**
 * Runs a command and returns what it printed to stdout. If the command fails, throws an error with all of its output.
 */
export function capture(command: string, args: readonly string[], options: RunOptions = {}): string {
  const result = spawnSync(command, args, { encoding: 'utf8', ...withEnv(options) });
  if (result.status === 0) return result.stdout;
  throw new Error(
    `${command} ${args.join(' ')} failed (${result.status ?? result.signal}):\n${result.stdout}${result.stderr}${result.error?.message ?? ''}`,
  );
}

function withEnv(options: RunOptions): { cwd?: string; env: NodeJS.ProcessEnv } {
  const env = { ...process.env, ...options.env };
  return options.cwd === undefined ? { env } : { cwd: options.cwd, env };
}
