import { once } from 'node:events';
import { settledWithin } from '../../../../shared/clock.ts';
import { SwitchyardError } from '../../../../shared/errors.ts';
import { nearestName } from '../../../../shared/nearest-name.ts';
import { untilInterrupted } from '../../terminal/interrupt.ts';
import { EXIT, printable, say } from '../../terminal/output.ts';
import { MessageTap } from '../record/message-tap.ts';
import { sayWaiting } from '../record/say-waiting.ts';
import { exchangesOf } from './exchanges.ts';
import { readRecording } from './read-recording.ts';
import { ReplayServer } from './replay-server.ts';

export interface ReplayOptions {
  /** Id of the connector to replay. By default, all recorded connectors are replayed behind one gateway. */
  readonly connector?: string;
  readonly lenient: boolean;
}

/** How long to wait for pending responses after the client has disconnected, in milliseconds. */
const LEAVE_MS = 10_000;

/**
 * Serves a recording over standard streams until the client disconnects. Several recorded connectors are served through
 * a gateway that gives the tools the same names as `serve`. Resolves with the exit code. Rejects with OPTIONS_INVALID
 * or RECORDING_INVALID.
 */
export async function runReplay(path: string, options: ReplayOptions): Promise<number> {
  const { lines, isTorn } = readRecording(path);
  if (isTorn) say(`${printable(path)}: the last line is incomplete and is skipped; its recorder was killed`);
  const connectors = [...new Set(lines.flatMap(({ connector }) => connector ?? []))].sort();
  const { connector } = options;
  if (connector !== undefined && !connectors.includes(connector)) throw unknownConnector(connector, connectors);
  sayWaiting(`Replaying ${printable(path)}`);
  if (connector === undefined && connectors.length > 0) {
    const { serveRecorded } = await import('./replay-gateway.ts');
    return serveRecorded(path, connectors, options.lenient);
  }
  const own = connector === undefined ? lines : lines.filter((line) => line.connector === connector);
  const server = new ReplayServer(exchangesOf(own), {
    isLenient: options.lenient,
    send: (message) => void process.stdout.write(`${JSON.stringify(message)}\n`),
  });
  const tap = new MessageTap(
    (message) => server.take(message),
    (why) => say(printable(why)),
  );
  const { stdin } = process;
  stdin.on('data', (chunk: Buffer) => tap.take(chunk));
  const left = once(stdin, 'end').then(() => settledWithin(server.idle(), LEAVE_MS));
  await Promise.race([left, untilInterrupted()]);
  stdin.destroy();
  return EXIT.ok;
}

function unknownConnector(id: string, connectors: readonly string[]): SwitchyardError {
  const nearest = nearestName(id, connectors);
  const meant = nearest === null ? `It has ${connectors.join(', ') || 'none'}.` : `Did you mean ${nearest}?`;
  return new SwitchyardError('OPTIONS_INVALID', `The recording has no connector ${printable(id)}. ${printable(meant)}`);
}
