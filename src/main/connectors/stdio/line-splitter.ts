import type { RefusedMessage } from '../../mcp/refused-message.ts';
import { LargeLine } from '../exchange/large-line.ts';

const LINE_FEED = 0x0a;

/**
 * Splits a stream of bytes into lines of JSON, and never keeps more than `maxBytes` of one line in memory. A long line
 * that is nested too deep or has too many values is not kept either: a {@link RefusedMessage} replaces it.
 */
export class LineSplitter {
  /** Maximum size of one line in bytes. It may be changed while a line is incomplete. */
  maxBytes: number;
  readonly #line = new LargeLine();

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /**
   * Yields the lines that `chunk` completes, without line ends and without empty lines. Yields null when a line is too
   * long. The stream is unusable after that.
   */
  *push(chunk: Buffer): Generator<string | RefusedMessage | null> {
    let start = 0;
    while (start < chunk.length) {
      // Empty lines have no meaning, and a process may write millions of them.
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
