import { SecretTexts } from '../masking/secret-texts.ts';
import type { JsonObject } from '../mcp/json-rpc.ts';
import type { RecordingFile } from './recording-file.ts';
import type { MessageRecord, RecordedLine } from './recording-format.ts';

/** Records messages between clients and servers in one file. */
export class Recording {
  /** The file of the recording. If not everything could be written, its `failure` is set. */
  readonly file: RecordingFile;
  readonly #secrets = new SecretTexts();
  #connections = 0;

  constructor(file: RecordingFile) {
    this.file = file;
  }

  /** Starts to record the messages of one more connection. `connector` is null in a recording of a single server. */
  connection(connector: string | null): MessageRecord {
    this.#connections += 1;
    const connection = `${process.pid}.${this.#connections}`;
    let id = 0;
    return {
      nextId: () => ++id,
      hide: (secret) => this.#secrets.add(secret),
      note: (from, message) => this.#note({ connector, connection, from, message }),
    };
  }

  /** Writes the waiting messages, makes them durable and closes the file. Idempotent; never rejects. */
  close(): Promise<void> {
    return this.file.close();
  }

  #note({ connector, connection, from, message }: RecordedLine): void {
    const masked = this.#secrets.mask(message) as JsonObject;
    const line: RecordedLine = { connector, connection, from, message: masked };
    // Only a message from the server causes the recording to replace an existing file. So the existing file stays if
    // the server cannot be reached.
    this.file.write(`${JSON.stringify(line)}\n`, from === 'server');
  }
}
