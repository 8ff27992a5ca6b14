import { codeOf, messageOf } from '../../shared/errors.ts';
import type { Logger } from '../observability/logger.ts';
import type { Recording } from './recording.ts';
import type { MessageRecord, Sender } from './recording-format.ts';

/** Ignores all messages. It is used when nothing is recorded. */
const NOTHING: MessageRecord = { nextId: () => 0, note: (_: Sender) => {}, hide: () => {} };

/** The recording of a manager. Its file is created when the first connector connects. */
export class LateRecording {
  readonly #path: string;
  readonly #logger: Logger;
  #opening: Promise<Recording | null> | null = null;
  #isClosed = false;

  constructor(path: string, logger: Logger) {
    this.#path = path;
    this.#logger = logger;
  }

  /**
   * Starts to record the messages of one more connection. Never rejects. If the file cannot be written, logs one error,
   * and the returned record ignores all messages.
   */
  async connection(connector: string): Promise<MessageRecord> {
    if (this.#isClosed) return NOTHING;
    this.#opening ??= this.#open();
    const opened = await this.#opening;
    return opened === null ? NOTHING : opened.connection(connector);
  }

  /** Waits until all recorded messages are durable, and closes the file. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const opened = await this.#opening;
    await opened?.close();
  }

  async #open(): Promise<Recording | null> {
    try {
      // These modules are loaded only when needed, because few managers record messages.
      const [{ Recording: Opened }, { RecordingFile }] = await Promise.all([
        import('./recording.ts'),
        import('./recording-file.ts'),
      ]);
      return new Opened(await RecordingFile.open(this.#path, false, (failure) => this.#tell(failure)));
    } catch (error) {
      this.#tell(error);
      return null;
    }
  }

  #tell(error: unknown): void {
    const fields = { event: 'recording-failed', code: codeOf(error), err: error };
    this.#logger.error(fields, `Messages are not recorded: ${messageOf(error)}`);
  }
}
