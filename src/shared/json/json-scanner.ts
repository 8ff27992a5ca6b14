import { FOREIGN_LIMITS, type JsonFault, type JsonLimits, tooDeep, tooMany } from './json-limits.ts';
import { STRUCTURE_SCAN } from './structure-scan.ts';

/** The little of WebAssembly that is used here. The types of Node.js do not have it. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

/** What structure-scan.wat exports. */
interface StructureScan {
  readonly memory: { readonly buffer: ArrayBuffer };
  /** Scans that many bytes, a multiple of 64. Returns 1 as soon as they nest too deep, else 0. */
  readonly scan: (length: number) => number;
}

/** Where the bytes begin in the memory of the module, how many it takes at once, and how many it looks at together. */
const START = 1_024;
const MOST_BYTES = 64 * 1024;
const BLOCK_BYTES = 64;

/** The members of the module's state, as 32-bit words. */
const DEPTH_LIMIT = 1;
const CONTAINERS = 2;
const COMMAS = 3;
const STATE_WORDS = 8;

/** Characters of a text that are at most `MOST_BYTES` bytes, with what is left over from before. */
const PIECE_LENGTH = 20_000;

const SPACE = 0x20;

/** The module, instantiated when it is first needed. It is never run by two scanners at once: nothing here waits. */
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
 * Scans JSON for its depth and its size while its bytes arrive, in any pieces, without parsing it: about 3 GB/s. It
 * does not check that the bytes are JSON; for bytes that are not, the answer is only safe.
 */
export class JsonScanner {
  readonly #limits: JsonLimits;
  readonly #state = new Int32Array(STATE_WORDS);
  /** What has come since the last whole block. */
  readonly #rest = new Uint8Array(BLOCK_BYTES);
  #restLength = 0;
  #fault: JsonFault | null = null;

  constructor(limits: JsonLimits = FOREIGN_LIMITS) {
    this.#limits = limits;
    this.#state[DEPTH_LIMIT] = limits.maxDepth;
  }

  /** Commas outside strings, of what was scanned. */
  get commas(): number {
    return this.#state[COMMAS] ?? 0;
  }

  /** Takes the next bytes. Returns what is wrong with the JSON so far; null as long as nothing is. */
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

  /** Takes the next characters, as {@link write} does. */
  writeText(text: string): JsonFault | null {
    const { bytes: memory } = sharedModule();
    for (let from = 0; from < text.length && this.#fault === null; from += PIECE_LENGTH) {
      const piece = text.slice(from, from + PIECE_LENGTH);
      this.#scan(encoder.encodeInto(piece, memory.subarray(this.#restLength)).written);
    }
    return this.#fault;
  }

  /** Says that nothing more comes. Returns what is wrong with the JSON; null if nothing is. */
  end(): JsonFault | null {
    const { bytes: memory } = sharedModule();
    const padding = (BLOCK_BYTES - this.#restLength) % BLOCK_BYTES;
    memory.fill(SPACE, this.#restLength, this.#restLength + padding);
    if (this.#fault === null) this.#scan(padding);
    return this.#fault;
  }

  /** Scans the whole blocks of what is left over and of the `size` bytes that are in the memory after it. */
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
