import { LineSplitter } from '../../../connectors/stdio/line-splitter.ts';
import { isObject, type JsonObject } from '../../../mcp/json-rpc.ts';
import { messageInLine, RefusedMessage } from '../../../mcp/refused-message.ts';

/** Maximum length of a line. After a longer line, no further messages of the same direction are recorded. */
const MAX_LINE_BYTES = 256 * 1024 * 1024;

/** Finds the messages in a stream of bytes with one message per line. Skips lines that are not messages. */
export class MessageTap {
  readonly #onMessage: (message: JsonObject) => void;
  readonly #onLost: (why: string) => void;
  readonly #lines = new LineSplitter(MAX_LINE_BYTES);
  #isLost = false;

  /** `onMessage` is called with each message, and `onLost` with the reason if a message cannot be recorded. */
  constructor(onMessage: (message: JsonObject) => void, onLost: (why: string) => void) {
    this.#onMessage = onMessage;
    this.#onLost = onLost;
  }

  take(chunk: Buffer): void {
    if (this.#isLost) return;
    for (const line of this.#lines.push(chunk)) {
      if (line !== null) this.#takeLine(line);
      else {
        this.#isLost = true;
        this.#onLost('a message is too large; nothing after it is recorded');
      }
    }
  }

  #takeLine(line: string | RefusedMessage): void {
    const value = typeof line === 'string' ? messageInLine(line) : line;
    if (value instanceof RefusedMessage) this.#onLost(`a message that ${value.reason} is not recorded`);
    // In MCP 2025-03-26, a line may be an array of messages (a batch).
    else for (const message of Array.isArray(value) ? value : [value]) if (isObject(message)) this.#onMessage(message);
  }
}
