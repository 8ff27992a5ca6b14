import { FOREIGN_LIMITS, type JsonFault, type JsonLimits, tooDeep, tooMany } from './json-limits.ts';
import { STRUCTURE_SCAN } from './structure-scan.ts';

/** The part of WebAssembly that is used here. The types of Node.js do not include it. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

/** Exports of structure-scan.wat. */
interface StructureScan {
  readonly memory: { readonly buffer: ArrayBuffer };
  /**
   * Scans the first `length` bytes, where `length` is a multiple of 64. Returns 1 as soon as they are nested too deep,
   * or else 0.
   */
  readonly scan: (length: number) => number;
}

/**
 * Layout of the module's memory: where the bytes begin, how many bytes fit into it, and how many bytes form a block.
 */
const START = 1_024;
const MOST_BYTES = 64 * 1024;
const BLOCK_BYTES = 64;

/** Fields of the module's state, as indexes of 32-bit words. */
const DEPTH_LIMIT = 1;
const CONTAINERS = 2;
const COMMAS = 3;
const STATE_WORDS = 8;

/**
 * Maximum number of characters in a piece. In UTF-8, a piece and the rest of the previous piece fit into `MOST_BYTES`.
 */
const PIECE_LENGTH = 20_000;

const SPACE = 0x20;

/**
 * The WebAssembly module, instantiated on first use. All scanners share it, and never run it at the same time, because
 * nothing here is asynchronous.
 */
let shared: { readonly scan: StructureScan['scan']; readonly bytes: Uint8Array; readonly state: Int32Array } | null =
  null;

function sharedModule(): NonNullable<typeof shared> {
  if (shared !== null) return shared;
  const module = new WebAssembly.Module(Buffer.from(STRUCTURE_SCAN, 'base64'));
  const { memory, scan } = new WebAssembly.Instance(module).exports as StructureScan;
  shared = {
    scan,
    bytes: new Uint8Array(memory.buffer, START, MOST_BYTES),
    state: new Int32Array(memory.buffer, 0, STATE_WORDS),
  };
  return shared;
}

const encoder = new TextEncoder();

/**
 * Scans JSON for its depth and size while its bytes arrive, in pieces of any size, without parsing it. It does not
 * check that the bytes are JSON. For other bytes, the result may be wrong but is always safe to use.
 */
export class JsonScanner {
  readonly #limits: JsonLimits;
  readonly #state = new Int32Array(STATE_WORDS);
  /** Bytes that were received but not scanned, because they do not fill a block of 64 bytes. */
  readonly #rest = new Uint8Array(BLOCK_BYTES);
  #restLength = 0;
  #fault: JsonFault | null = null;

  constructor(limits: JsonLimits = FOREIGN_LIMITS) {
    this.#limits = limits;
    this.#state[DEPTH_LIMIT] = limits.maxDepth;
  }

  /** Number of commas outside strings so far. */
  get commas(): number {
    return this.#state[COMMAS] ?? 0;
  }

  /** Scans the next bytes. Returns what is wrong with the JSON so far; null if nothing is. */
  write(bytes: Uint8Array): JsonFault | null {
    const { bytes: memory } = sharedModule();
    for (let from = 0; from < bytes.length && this.#fault === null; ) {
      const size = Math.min(bytes.length - from, MOST_BYTES - this.#restLength);
      memory.set(bytes.subarray(from, from + size), this.#restLength);
      this.#scan(size);
      from += size;
    }
    return this.#fault;
  }

  /** Scans the next characters. Returns what is wrong with the JSON so far; null if nothing is. */
  writeText(text: string): JsonFault | null {
    const { bytes: memory } = sharedModule();
    for (let from = 0; from < text.length && this.#fault === null; from += PIECE_LENGTH) {
      const piece = text.slice(from, from + PIECE_LENGTH);
      this.#scan(encoder.encodeInto(piece, memory.subarray(this.#restLength)).written);
    }
    return this.#fault;
  }

  /** Ends the scan. Returns what is wrong with the JSON; null if nothing is. */
  end(): JsonFault | null {
    const { bytes: memory } = sharedModule();
    const padding = (BLOCK_BYTES - this.#restLength) % BLOCK_BYTES;
    memory.fill(SPACE, this.#restLength, this.#restLength + padding);
    if (this.#fault === null) this.#scan(padding);
    return this.#fault;
  }

  /** Puts the unscanned bytes of the last call in front of the `size` new bytes in memory. Scans all whole blocks. */
  #scan(size: number): void {
    const { bytes: memory, state, scan } = sharedModule();
    memory.set(this.#rest.subarray(0, this.#restLength), 0);
    const length = this.#restLength + size;
    const whole = length - (length % BLOCK_BYTES);
    state.set(this.#state);
    if (scan(whole) !== 0) this.#fault = tooDeep(this.#limits);
    this.#state.set(state);
    this.#restLength = length - whole;
    this.#rest.set(memory.subarray(whole, length));
    const { maxContainers, maxValues } = this.#limits;
    if ((this.#state[CONTAINERS] ?? 0) > maxContainers) this.#fault ??= tooMany('objects and arrays', maxContainers);
    if (this.commas > maxValues) this.#fault ??= tooMany('values', maxValues);
  }
}
