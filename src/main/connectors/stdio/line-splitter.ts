const LINE_FEED = 0x0a;

/** Cuts a stream of bytes into lines, without ever holding more of one than `maxBytes`. */
export class LineSplitter {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that `chunk` completes, without their ends. Gives null once a line is longer than allowed; the stream is lost then. */
  *push(chunk: Buffer): Generator<string | null> {
    let start = 0;
    while (start < chunk.length) {
      const end = chunk.indexOf(LINE_FEED, start);
      const part = chunk.subarray(start, end === -1 ? chunk.length : end);
      if (this.#length + part.length > this.#maxBytes) {
        this.#parts = [];
        yield null;
        return;
      }
      this.#parts.push(part);
      this.#length += part.length;
      if (end === -1) return;
      yield this.#take();
      start = end + 1;
    }
  }

  #take(): string {
    const bytes = this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts, this.#length);
    this.#parts = [];
    this.#length = 0;
    return (bytes?.toString('utf8') ?? '').replace(/\r$/, '');
  }
}
