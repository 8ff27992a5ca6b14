import { BACKSLASH, COLON, COMMA, isClosing, isOpening, isSpace, QUOTE } from '../../../shared/json/json-lexer.ts';

const RESULT = Buffer.from('"result"');

/**
 * Finds the value of the member `result` in a JSON-RPC message that arrives as bytes, and returns only the bytes of
 * this value. The scanner examines only strings, brackets and commas. The reader of the result detects any other
 * damage.
 */
export class ResultScanner {
  #depth = 0;
  #inString = false;
  #isEscaped = false;
  /** The bytes of a top-level member name that were received so far. */
  #name: number[] | null = null;
  #isName = true;
  #state: 'before' | 'announced' | 'within' | 'after' = 'before';

  /** Whether the beginning of the result has been seen. */
  get hasResult(): boolean {
    return this.#state !== 'before';
  }

  /** Whether the ends of the result and of the message have been seen. */
  get isComplete(): boolean {
    return this.#state === 'after' && this.#depth === 0 && !this.#inString;
  }

  /** Returns the part of `chunk` that belongs to the result, as a list with one item or none. */
  take(chunk: Buffer): readonly Buffer[] {
    let from = this.#state === 'within' ? 0 : -1;
    let to = -1;
    for (let at = 0; at < chunk.length; at += 1) {
      if (this.#inString) {
        at = this.#string(chunk, at);
        continue;
      }
      const byte = chunk[at] ?? 0;
      if (this.#state === 'announced' && byte !== COLON && !isSpace(byte)) {
        this.#state = 'within';
        from = at;
      }
      if (byte === QUOTE) this.#open();
      else if (isOpening(byte)) this.#depth += 1;
      else if (isClosing(byte) || (byte === COMMA && this.#depth === 1)) {
        const isOver = this.#depth === 1;
        if (byte !== COMMA) this.#depth -= 1;
        if (isOver && this.#state === 'within') {
          this.#state = 'after';
          to = at;
        }
        this.#isName = byte === COMMA;
      } else if (byte === COLON && this.#depth === 1) this.#isName = false;
    }
    if (from < 0) return [];
    return [chunk.subarray(from, to < 0 ? chunk.length : to)];
  }

  #open(): void {
    this.#inString = true;
    this.#name = this.#depth === 1 && this.#isName ? [QUOTE] : null;
  }

  /** Skips the rest of the current string, from `at` on. Returns the index of its last byte in this chunk. */
  #string(chunk: Buffer, at: number): number {
    if (this.#name !== null || this.#isEscaped) {
      this.#byte(chunk[at] ?? 0);
      return at;
    }
    // Most of a large result consists of strings, so jumping to the next quote saves time.
    const quote = chunk.indexOf(QUOTE, at);
    const end = quote < 0 ? chunk.length : quote;
    let backslashes = 0;
    for (let back = end - 1; back >= at && chunk[back] === BACKSLASH; back -= 1) backslashes += 1;
    const isEscaped = backslashes % 2 === 1;
    if (quote < 0) this.#isEscaped = isEscaped;
    else if (!isEscaped) this.#inString = false;
    return quote < 0 ? chunk.length : quote;
  }

  #byte(byte: number): void {
    this.#name?.push(byte);
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === BACKSLASH) this.#isEscaped = true;
    else if (byte === QUOTE) {
      this.#inString = false;
      if (this.#name !== null && this.#state === 'before' && RESULT.equals(Buffer.from(this.#name)))
        this.#state = 'announced';
      this.#name = null;
    }
  }
}
