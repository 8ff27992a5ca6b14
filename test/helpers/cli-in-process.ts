import { Readable } from 'node:stream';
import { Command } from 'commander';
import { runCli } from '../../src/main/cli/run-cli.ts';
import { rememberSource } from '../../src/main/cli/terminal/source-words.ts';
import { type CliOptions, type Ended, STATE_ENVIRONMENT } from './cli.ts';
import { keepEvidence } from './evidence.ts';

/** Signals that a command listens for until its process ends. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** The previous run. Only one run at a time may use the standard streams and the environment. */
let previous: Promise<unknown> = Promise.resolve();

/**
 * Runs the command line in this process, which is much faster than starting a process. Concurrent runs wait for each
 * other. Do not use it for commands that wait for signals or compete with other processes.
 */
export function runCliHere(args: readonly string[], options: Omit<CliOptions, 'nodeArgs'> = {}): Promise<Ended> {
  const run = previous.then(() => captured(args, options));
  previous = run.catch(() => {});
  return run;
}

async function captured(args: readonly string[], { env, stdin }: CliOptions): Promise<Ended> {
  const seen = { stdout: '', stderr: '' };
  const before = { env: process.env, stdin: Object.getOwnPropertyDescriptor(process, 'stdin') };
  const writes = { stdout: process.stdout.write, stderr: process.stderr.write };
  const { PATH, HOME } = process.env;
  for (const name of ['stdout', 'stderr'] as const)
    process[name].write = (chunk: string | Uint8Array): boolean => {
      seen[name] += Buffer.from(chunk as string).toString();
      return true;
    };
  process.env = { PATH, HOME, ...STATE_ENVIRONMENT, ...env };
  Object.defineProperty(process, 'stdin', { value: Readable.from([Buffer.from(stdin ?? '')]), configurable: true });
  const listeners = SIGNALS.map((signal) => process.listeners(signal));
  try {
    const code = await runCli(args);
    return { code, ...seen };
  } finally {
    process.stdout.write = writes.stdout;
    process.stderr.write = writes.stderr;
    process.env = before.env;
    // Forgets the options of this run, as a separate process would not know them.
    rememberSource(new Command());
    for (const [index, signal] of SIGNALS.entries())
      for (const listener of process.listeners(signal))
        if (listeners[index]?.includes(listener) !== true) process.off(signal, listener);
    if (before.stdin !== undefined) Object.defineProperty(process, 'stdin', before.stdin);
    keepEvidence('cli', seen);
  }
}
