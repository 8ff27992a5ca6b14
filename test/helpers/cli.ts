import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { compileCacheEnvironment } from './compile-cache.ts';
import { keepEvidence } from './evidence.ts';
import { TempDir } from './temp-dir.ts';

const bin = fileURLToPath(new URL('../../src/main/cli/bin.ts', import.meta.url));

/** The exit code and the whole output of a run of the command line. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A run of the command line in progress. */
export interface RunningCli {
  readonly child: ChildProcess;
  /** Output so far. */
  readonly seen: { stdout: string; stderr: string };
  readonly ended: Promise<Ended>;
}

export interface CliOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly stdin?: string;
  /** Delay before stdin gets the text and ends. Defaults to 0. */
  readonly stdinDelayMs?: number;
  /** Whether stdin stays open, so that the test can write to it. */
  readonly keepsStdin?: boolean;
  readonly nodeArgs?: readonly string[];
  /** Working folder of the command. Defaults to the folder of this process. */
  readonly cwd?: string;
}

const stateHome = new TempDir();
process.once('exit', () => stateHome[Symbol.dispose]());

/** Keeps the command line's state folder and the login key separate from those of the person who runs the tests. */
export const STATE_ENVIRONMENT: NodeJS.ProcessEnv = { XDG_STATE_HOME: stateHome.path, SWITCHYARD_LOGIN_KEY: 'file' };

const running = new Set<ChildProcess>();

/** Kills all running processes. Call it in afterEach. */
export function killRunning(): void {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
}

/** Starts the command line in a separate process, without the environment's proxies and keys. */
export function startCli(args: readonly string[], options: CliOptions = {}): RunningCli {
  const { PATH, HOME, NODE_V8_COVERAGE } = process.env;
  const child = spawn(process.execPath, [...(options.nodeArgs ?? []), bin, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    env: {
      PATH,
      HOME,
      ...(NODE_V8_COVERAGE !== undefined && { NODE_V8_COVERAGE }),
      ...compileCacheEnvironment(),
      ...STATE_ENVIRONMENT,
      ...options.env,
    },
  });
  running.add(child);
  const seen = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (data: Buffer) => {
      seen[name] += data.toString();
    });
  }
  // A command that does not read stdin closes it before everything is written.
  child.stdin.on('error', () => {});
  if (options.keepsStdin !== true) setTimeout(() => child.stdin.end(options.stdin ?? ''), options.stdinDelayMs ?? 0);
  const ended = once(child, 'close').then(([code]): Ended => {
    keepEvidence('cli', seen);
    return { code, ...seen };
  });
  return { child, seen, ended };
}

/** Runs the command line to its end. */
export function runCli(args: readonly string[], options: CliOptions = {}): Promise<Ended> {
  return startCli(args, options).ended;
}
