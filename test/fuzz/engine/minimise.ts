import fc from 'fast-check';

/** An input that shrinks by losing chunks and then by getting simpler bytes. */
class EditedInput extends fc.Arbitrary<Uint8Array> {
  readonly #input: Uint8Array;

  constructor(input: Uint8Array) {
    super();
    this.#input = input;
  }

  override generate(): fc.Value<Uint8Array> {
    return new fc.Value(this.#input, undefined);
  }

  override canShrinkWithoutContext(value: unknown): value is Uint8Array {
    return value instanceof Uint8Array;
  }

  override shrink(value: Uint8Array): fc.Stream<fc.Value<Uint8Array>> {
    return fc.stream(simpler(value)).map((input) => new fc.Value(input, undefined));
  }
}

function* simpler(input: Uint8Array): Generator<Uint8Array, void> {
  for (let size = input.length; size >= 1; size = Math.floor(size / 2))
    for (let at = 0; at < input.length; at += size)
      yield Uint8Array.from([...input.subarray(0, at), ...input.subarray(at + size)]);
  const plain = 'a'.charCodeAt(0);
  for (const [at, byte] of input.entries()) if (byte > 0x7e) yield input.with(at, plain);
}

/**
 * Returns the smallest input that fast-check finds by shrinking `input` and for which `isStill` resolves with true.
 * Stops after `maxTries` candidates or `maxMs`, with the smallest input so far.
 */
export async function minimise(
  input: Uint8Array,
  isStill: (candidate: Uint8Array) => Promise<boolean>,
  { maxTries = 400, maxMs = 10_000 } = {},
): Promise<Uint8Array> {
  let smallest = input;
  let tries = 0;
  const property = fc.asyncProperty(new EditedInput(input), async (candidate) => {
    tries += 1;
    if (candidate === input) return false;
    if (tries > maxTries || !(await isStill(candidate))) return true;
    smallest = candidate;
    return false;
  });
  await fc.check(property, { numRuns: 1, examples: [[input]], interruptAfterTimeLimit: maxMs });
  return smallest;
}
