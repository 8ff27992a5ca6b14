import { once } from 'node:events';
import { settledWithin } from '../../../../shared/clock.ts';
import { SwitchyardError } from '../../../../shared/errors.ts';
import { ProcessGroup } from '../../../connectors/stdio/process-group.ts';
import type { MessageTap } from './message-tap.ts';

/** How long a server may take to exit on its own after its client has disconnected, in milliseconds. */
const LEAVE_MS = 10_000;

/** GRACE_MS is the time from SIGTERM to SIGKILL. DRAIN_MS is how long reading the last output may take. */
const GRACE_MS = 2_000;
const DRAIN_MS = 300;

/** The taps that record the messages from the client and from the server. */
export interface Taps {
  readonly client: MessageTap;
  readonly server: MessageTap;
}

/**
 * Starts a stdio server and connects it to the standard streams of this process without changing a byte. Ends when the
 * server exits, the client disconnects or `interrupted` resolves. Resolves with the exit code of the server, or with 1
 * if a signal ended the server. Rejects with CONNECTOR_COMMAND_FAILED if the server cannot be started.
 */
export async function relayProgram(
  [command = '', ...args]: readonly string[],
  { client, server }: Taps,
  interrupted: Promise<number>,
): Promise<number> {
  const group = new ProcessGroup({ command, args, env: wholeEnvironment(), cwd: null });
  const { child } = group;
  try {
    await once(child, 'spawn');
  } catch (error) {
    const message = `The command ${JSON.stringify(command)} cannot be started`;
    throw new SwitchyardError('CONNECTOR_COMMAND_FAILED', `${message}.`, { cause: error });
  }
  // An `error` event without a listener would crash this process, for example if a write fails.
  for (const emitter of [child, child.stdin, child.stdout, child.stderr]) emitter.on('error', () => {});
  const { stdin, stdout, stderr } = process;
  stdin.on('data', (chunk: Buffer) => client.take(chunk));
  child.stdout.on('data', (chunk: Buffer) => server.take(chunk));
  stdin.pipe(child.stdin);
  child.stdout.pipe(stdout, { end: false });
  child.stderr.pipe(stderr, { end: false });
  const left = once(stdin, 'end').then(() => settledWithin(group.exited, LEAVE_MS));
  const closed = once(child, 'close');
  await Promise.race([group.exited, left, interrupted]);
  await group.end(GRACE_MS, DRAIN_MS);
  const exit = await group.exited;
  await settledWithin(closed, DRAIN_MS);
  stdin.unpipe();
  stdin.destroy();
  return exit.code ?? 1;
}

/** Returns all environment variables of this process, so that the server runs as it would without the recorder. */
function wholeEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
