const FIRST_BYTES = 64 * 1024;

/** Maximum buffer size that is reserved because of a hint alone. */
const MAX_HINT_BYTES = 32 * 1024 * 1024;

/**
 * Collects bytes that arrive in parts in one growing buffer. Joining all parts of a large body at the end would block
 * the event loop while the whole body is copied. Here each part is copied when it arrives.
 */
export class GrowingBytes {
  readonly #maxBytes: number;
  #bytes: Uint8Array<ArrayBuffer>;
  #size = 0;

  /** `expectedBytes` is only a hint, such as a `Content-Length`. At most `maxBytes` are ever kept. */
  constructor(expectedBytes: number, maxBytes: number) {
    const hint = Number.isSafeInteger(expectedBytes) && expectedBytes > 0 ? expectedBytes : FIRST_BYTES;
    this.#maxBytes = maxBytes;
    this.#bytes = new Uint8Array(Math.min(hint, MAX_HINT_BYTES, maxBytes));
  }

  /** Appends a part. Returns false, and keeps nothing of it, if there would be more than `maxBytes`. */
  add(part: Uint8Array): boolean {
    const size = this.#size + part.length;
    if (size > this.#maxBytes) return false;
    if (size > this.#bytes.length) this.#grow(size);
    this.#bytes.set(part, this.#size);
    this.#size = size;
    return true;
  }

  /** Returns the added bytes. The buffer behind them may be longer. */
  take(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#size);
  }

  #grow(size: number): void {
    const grown = new Uint8Array(Math.min(Math.max(size, 2 * this.#bytes.length), this.#maxBytes));
    grown.set(this.#bytes.subarray(0, this.#size));
    this.#bytes = grown;
  }
}
