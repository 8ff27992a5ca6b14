import { stripVTControlCharacters } from 'node:util';
import { errorLineOf } from './error-line.ts';

const KEPT_BYTES = 8 * 1024;

/** Minimum length of a secret that is redacted. A shorter secret is likely to be part of ordinary text. */
const MIN_SECRET_LENGTH = 6;

/** Keeps the end of a process's stderr, as readable text of limited size. */
export class StderrTail {
  readonly #secrets: readonly string[];
  /**
   * A buffer that is twice as large as the text that is kept, so that most chunks are simply copied to its end. It is
   * allocated with the first output.
   */
  #room: Buffer | null = null;
  #length = 0;
  #isCut = false;

  /** `secrets` are redacted wherever the process prints them. */
  constructor(secrets: readonly string[]) {
    const parts = secrets.flatMap((secret) => [secret, ...secret.split(/\r?\n/)]);
    this.#secrets = parts.filter(({ length }) => length >= MIN_SECRET_LENGTH).toSorted((a, b) => b.length - a.length);
  }

  push(chunk: Buffer): void {
    this.#isCut ||= this.#length + chunk.length > KEPT_BYTES;
    this.#room ??= Buffer.alloc(2 * KEPT_BYTES);
    const part = chunk.subarray(-KEPT_BYTES);
    if (this.#length + part.length > this.#room.length) {
      this.#room.copyWithin(0, this.#length - KEPT_BYTES, this.#length);
      this.#length = KEPT_BYTES;
    }
    this.#room.set(part, this.#length);
    this.#length += part.length;
  }

  get #bytes(): Buffer {
    return this.#room?.subarray(Math.max(0, this.#length - KEPT_BYTES), this.#length) ?? Buffer.alloc(0);
  }

  /**
   * Returns the last 8 KiB in whole lines, without control sequences that move a terminal's cursor or change its
   * colours.
   */
  get text(): string {
    const firstEnd = this.#isCut ? this.#bytes.indexOf('\n') : -1;
    const text = this.#bytes.subarray(firstEnd + 1).toString('utf8');
    const plain = this.#withoutSecrets(stripVTControlCharacters(text)).replace(/\r\n?/g, '\n');
    return plain.replace(/[^\n\P{Cc}]|[\p{Cf}\u2028\u2029]/gu, ' ');
  }

  /** Returns the line that most likely says why the process failed; '' if there is no line. See {@link errorLineOf}. */
  get errorLine(): string {
    return errorLineOf(this.text);
  }

  #withoutSecrets(text: string): string {
    return this.#secrets.reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text);
  }
}
