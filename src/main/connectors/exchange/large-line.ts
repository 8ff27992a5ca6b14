import { JsonScanner } from '../../../shared/json/json-scanner.ts';
import { RefusedMessage } from '../../mcp/refused-message.ts';
import { LARGE_BYTES } from './body-sink.ts';

/** How many bytes are kept at the start and at the end of a refused line, to find the id of its message. */
const HEAD_BYTES = 4_096;
const TAIL_BYTES = 256;

/**
 * Collects a line of JSON that arrives in pieces. A long line is scanned while it arrives, so that a line that has to
 * be refused is not kept in memory.
 */
export class LargeLine {
  #pieces: Buffer[] = [];
  #length = 0;
  #scanner: JsonScanner | null = null;
  #refuse: (() => RefusedMessage) | null = null;
  /** The first and the last bytes of a line that is refused. */
  #head: Buffer = Buffer.alloc(0);
  #tail: Buffer = Buffer.alloc(0);

  /** Number of bytes received, including bytes that were not kept. */
  get length(): number {
    return this.#length;
  }

  /** Whether the line was refused, so that it will not be parsed. */
  get isRefused(): boolean {
    return this.#refuse !== null;
  }

  /** Adds a piece of the line. `skip` is the number of bytes at the start of the line that are not JSON. */
  add(piece: Buffer, skip = 0): void {
    this.#length += piece.length;
    if (this.#refuse !== null) {
      this.#tail = Buffer.from(piece.subarray(-TAIL_BYTES));
      return;
    }
    this.#pieces.push(piece);
    if (this.#length <= LARGE_BYTES) return;
    const isFirst = this.#scanner === null;
    this.#scanner ??= new JsonScanner();
    const fault = this.#scanner.write(isFirst ? this.peek().subarray(skip) : piece);
    if (fault === null) return;
    const head = Buffer.from(this.peek().subarray(0, skip + HEAD_BYTES));
    this.#head = head;
    this.#tail = Buffer.from(piece.subarray(-TAIL_BYTES));
    this.#pieces = [];
    this.#refuse = () => new RefusedMessage(fault, head.toString('utf8', skip), this.#tail.toString('utf8'));
  }

  /** Whether the part of the line received so far begins with these bytes. */
  startsWith(bytes: Buffer): boolean {
    return (this.#refuse === null ? this.peek() : this.#head).subarray(0, bytes.length).equals(bytes);
  }

  /** Returns the part of the line that was kept so far. */
  peek(): Buffer {
    const [only] = this.#pieces;
    if (this.#pieces.length === 1 && only !== undefined) return only;
    const whole = Buffer.concat(this.#pieces);
    this.#pieces = [whole];
    return whole;
  }

  /** Returns the line, or a RefusedMessage in its place, and starts the next line. */
  take(): Buffer | RefusedMessage {
    const line = this.#refuse?.() ?? this.peek();
    this.#pieces = [];
    this.#length = 0;
    this.#scanner = null;
    this.#refuse = null;
    this.#tail = Buffer.alloc(0);
    return line;
  }
}
