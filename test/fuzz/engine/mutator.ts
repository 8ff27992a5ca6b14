import { DEFAULT_MAX_BYTES, type FuzzTarget } from './fuzz-target.ts';
import type { Random } from './random.ts';

type Mutation = (input: Buffer, random: Random) => Buffer;

/** Bytes that parsers treat differently from others. */
const BYTES = [
  0x00, 0x09, 0x0a, 0x0d, 0x20, 0x22, 0x23, 0x2c, 0x2d, 0x3a, 0x5b, 0x5c, 0x5d, 0x7b, 0x7d, 0x7f, 0x80, 0xff,
];

/** Changes inputs at random: bytes, chunks, dictionary words, parts of other inputs, and target-specific mutations. */
export class Mutator {
  readonly #target: FuzzTarget;
  readonly #random: Random;
  readonly #words: readonly Buffer[];

  constructor(target: FuzzTarget, random: Random) {
    this.#target = target;
    this.#random = random;
    this.#words = target.dictionary.map((word) => Buffer.from(word, 'utf8'));
  }

  /** Returns a changed copy of `input`; `other` is an input that parts may be taken from. */
  mutate(input: Uint8Array, other: Uint8Array): Uint8Array {
    const { maxBytes = DEFAULT_MAX_BYTES } = this.#target;
    let result = Buffer.from(input);
    // Usually one change; more changes are increasingly rare.
    do result = this.#once(result, Buffer.from(other));
    while (!this.#random.oneIn(2));
    return new Uint8Array(result.subarray(0, maxBytes));
  }

  #once(input: Buffer, other: Buffer): Buffer<ArrayBuffer> {
    const { mutate, dictionary } = this.#target;
    if (mutate !== undefined && this.#random.oneIn(2)) {
      const own = mutate(input, this.#random, dictionary);
      if (own !== undefined) return Buffer.from(own);
    }
    const mutation = this.#random.pick([...CHANGES, this.#insertWord, this.#overwriteWord, spliceOf(other)]);
    return Buffer.from(mutation(input, this.#random));
  }

  readonly #insertWord: Mutation = (input, random) =>
    this.#words.length === 0 ? input : insert(input, random.below(input.length + 1), random.pick(this.#words));

  readonly #overwriteWord: Mutation = (input, random) => {
    if (this.#words.length === 0) return input;
    const word = random.pick(this.#words);
    const at = random.below(input.length + 1);
    return Buffer.concat([input.subarray(0, at), word, input.subarray(at + word.length)]);
  };
}

function insert(input: Buffer, at: number, piece: Buffer): Buffer {
  return Buffer.concat([input.subarray(0, at), piece, input.subarray(at)]);
}

/** Returns a part of `input`; short parts are more likely than long ones. */
function chunk(input: Buffer, random: Random): readonly [from: number, to: number] {
  const from = random.below(input.length);
  const longest = random.oneIn(3) ? input.length - from : Math.min(16, input.length - from);
  return [from, from + 1 + random.below(longest)];
}

function spliceOf(other: Buffer): Mutation {
  return (input, random) => {
    if (other.length === 0) return input;
    if (random.oneIn(2)) {
      const [from, to] = chunk(other, random);
      return insert(input, random.below(input.length + 1), other.subarray(from, to));
    }
    return Buffer.concat([
      input.subarray(0, random.below(input.length + 1)),
      other.subarray(random.below(other.length)),
    ]);
  };
}

const CHANGES: readonly Mutation[] = [
  function flipBit(input, random) {
    const copy = Buffer.from(input);
    const at = random.below(copy.length);
    if (copy.length > 0) copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
    return copy;
  },
  function setByte(input, random) {
    const copy = Buffer.from(input);
    if (copy.length > 0) copy[random.below(copy.length)] = random.oneIn(2) ? random.pick(BYTES) : random.below(256);
    return copy;
  },
  function insertByte(input, random) {
    const byte = random.oneIn(2) ? random.pick(BYTES) : random.below(256);
    return insert(input, random.below(input.length + 1), Buffer.of(byte));
  },
  function removeChunk(input, random) {
    if (input.length === 0) return input;
    const [from, to] = chunk(input, random);
    return Buffer.concat([input.subarray(0, from), input.subarray(to)]);
  },
  function copyChunk(input, random) {
    if (input.length === 0) return input;
    const [from, to] = chunk(input, random);
    return insert(input, random.below(input.length + 1), input.subarray(from, to));
  },
  function repeatChunk(input, random) {
    if (input.length === 0) return input;
    const [from, to] = chunk(input, random);
    const times = random.oneIn(4) ? 1 + random.below(2_000) : 1 + random.below(8);
    const piece = input.subarray(from, to);
    // The repeated piece is at most as long as the default maximum of an input.
    const count = Math.min(times, Math.ceil(DEFAULT_MAX_BYTES / piece.length));
    return insert(input, to, Buffer.concat(Array.from({ length: count }, () => piece)));
  },
  /** Inserts a run of one byte, which slows down a backtracking regular expression. */
  function insertRun(input, random) {
    const byte = random.oneIn(4) ? random.below(128) : random.pick(BYTES);
    return insert(input, random.below(input.length + 1), Buffer.alloc(1 + random.below(1_500), byte));
  },
  function changeNumber(input, random) {
    const text = input.toString('latin1');
    const numbers = [...text.matchAll(/\d+/g)];
    if (numbers.length === 0) return input;
    const { index, 0: digits } = random.pick(numbers);
    const value = random.pick(['0', '-1', '1', '255', '65536', '2147483648', '9007199254740993', '1e308', '0.1', '00']);
    return Buffer.from(text.slice(0, index) + value + text.slice(index + digits.length), 'latin1');
  },
];
