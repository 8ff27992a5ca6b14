import type { SwitchyardError } from '../../../../shared/errors.ts';
import {
  hideAddress,
  hideArguments,
  hideHeader,
  hideVariable,
} from '../../../connectors/connection/recorded-target.ts';
import { Recording } from '../../../recording/recording.ts';
import { RecordingFile } from '../../../recording/recording-file.ts';
import type { MessageRecord, Sender } from '../../../recording/recording-format.ts';
import { misuse, requiredVariable } from '../../flags/option-values.ts';
import { untilInterrupted } from '../../terminal/interrupt.ts';
import { EXIT, failureLine, failureOf, printable, say } from '../../terminal/output.ts';
import { MessageTap } from './message-tap.ts';
import { relayAddress } from './relay-address.ts';
import { relayProgram } from './relay-program.ts';
import { sayWaiting } from './say-waiting.ts';

export interface RecordOptions {
  /** Whether to append to an existing recording instead of replacing it. */
  readonly append: boolean;
  /** Name of the variable with the bearer token for the server's URL. */
  readonly tokenEnv?: string;
}

/**
 * Relays messages between the client on the standard streams and one server, and records the messages. Resolves with
 * the exit code of the server's process, with 0 for a URL, or with 1 if not everything was recorded. Rejects with
 * OPTIONS_INVALID, RECORDING_INVALID or CONNECTOR_COMMAND_FAILED.
 */
export async function runRecord(path: string, server: readonly string[], options: RecordOptions): Promise<number> {
  const interrupted = untilInterrupted();
  const url = addressOf(server);
  const token = options.tokenEnv === undefined ? null : requiredVariable(options.tokenEnv, '--token-env');
  if (token !== null && url === null)
    throw misuse('--token-env needs the URL of a server; a command gets all environment variables anyway');
  const recording = new Recording(await RecordingFile.open(path, options.append, sayFailure));
  const record = recording.connection(null);
  hideSecrets(record, server, url, token);
  let isWhole = true;
  const lost = (why: string): void => {
    isWhole = false;
    say(`mcp-switchyard: ${printable(path)}: ${why}`);
  };
  const noted = (from: Sender): ((message: Parameters<MessageRecord['note']>[1]) => void) => {
    return (message) => record.note(from, message);
  };
  const relayed = async (): Promise<number> => {
    if (url === null) {
      const taps = { client: new MessageTap(noted('client'), lost), server: new MessageTap(noted('server'), lost) };
      return await relayProgram(server, taps, interrupted);
    }
    const headers = token === null ? {} : { Authorization: `Bearer ${token}` };
    await relayAddress(url, headers, { client: noted('client'), server: noted('server'), lost }, interrupted);
    return EXIT.ok;
  };
  sayWaiting(`Recording to ${printable(path)}`);
  try {
    const code = await relayed();
    // Closing writes the last messages, so the failure of a write is known only after closing.
    await recording.close();
    return isWhole && recording.file.failure === null ? code : EXIT.failed;
  } finally {
    await recording.close();
  }
}

function sayFailure(failure: SwitchyardError): void {
  say(`mcp-switchyard: ${failureLine(failureOf(failure))}`);
}

/** Returns the URL of the server; null if the server is started by a command. */
function addressOf(server: readonly string[]): URL | null {
  const [only = '', ...others] = server;
  if (others.length > 0 || !/^https?:\/\//i.test(only)) return null;
  const url = URL.parse(only);
  if (url === null) throw misuse(`${printable(only)} is not a URL`);
  return url;
}

function hideSecrets(record: MessageRecord, server: readonly string[], url: URL | null, token: string | null): void {
  for (const [name, value = ''] of Object.entries(process.env)) hideVariable(record, name, value);
  if (url === null) hideArguments(record, server);
  else hideAddress(record, url);
  if (token !== null) hideHeader(record, token);
}
