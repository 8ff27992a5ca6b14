import type { RefusedMessage } from '../../mcp/refused-message.ts';
import { LargeLine } from '../exchange/large-line.ts';

const LINE_FEED = 0x0a;

/**
 * Cuts a stream of bytes into lines of JSON, without ever holding more of one than `maxBytes`. A long line that nests
 * too deep or holds too much is not held either: a {@link RefusedMessage} stands for it.
 */
export class LineSplitter {
  /** Cap on one line. It may change while a line is under way. */
  maxBytes: number;
  readonly #line = new LargeLine();

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /**
   * The lines that `chunk` completes, without their ends and without empty ones. Gives null once a line is longer than
   * allowed; the stream is lost then.
   */
  *push(chunk: Buffer): Generator<string | RefusedMessage | null> {
    let start = 0;
    while (start < chunk.length) {
      // Nobody reads an empty line, and a program may write millions of them.
      if (chunk[start] === LINE_FEED && this.#line.length === 0) {
        start += 1;
        continue;
      }
      const end = chunk.indexOf(LINE_FEED, start);
      const part = chunk.subarray(start, end === -1 ? chunk.length : end);
      if (this.#line.length + part.length > this.maxBytes) {
        this.#line.take();
        yield null;
        return;
      }
      this.#line.add(part);
      if (end === -1) return;
      yield this.#take();
      start = end + 1;
    }
  }

  #take(): string | RefusedMessage {
    const line = this.#line.take();
    return Buffer.isBuffer(line) ? line.toString('utf8').replace(/\r$/, '') : line;
  }
}
