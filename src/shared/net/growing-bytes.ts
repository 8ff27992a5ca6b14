const FIRST_BYTES = 64 * 1024;

/** Maximum size of the buffer that is allocated because of a hint, before any bytes have arrived. */
const MAX_HINT_BYTES = 32 * 1024 * 1024;

/**
 * Collects the parts of a body in one growing buffer. Each part is copied when it arrives. If all parts of a large body
 * were joined at the end, the copying would block the event loop for too long.
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

  /** Appends a part. Returns false, and drops the whole part, if the total would exceed `maxBytes`. */
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
