/** Limits for untrusted JSON. They are checked before the JSON is parsed. */
export interface JsonLimits {
  /** Maximum nesting depth of objects and arrays. */
  readonly maxDepth: number;
  /** Maximum number of objects and arrays, because V8 needs time and memory for each of them. */
  readonly maxContainers: number;
  /** Maximum number of members and items, counted by their commas. */
  readonly maxValues: number;
  /**
   * Approximate maximum number of different short strings. V8 interns each different short string, which takes time.
   * Each different member name counts as four strings.
   */
  readonly maxTexts: number;
}

/**
 * Limits for JSON that is parsed on the main thread. Each limit restricts how long parsing can block the event loop
 * (docs/benchmarks.md, `npm run bench -- json-scan`).
 */
export const FOREIGN_LIMITS: JsonLimits = {
  maxDepth: 128,
  maxContainers: 400_000,
  maxValues: 1_000_000,
  maxTexts: 250_000,
};

/**
 * Error of untrusted JSON that is nested too deep or too large to be parsed. The message is the rest of a sentence
 * about the JSON, for example "nests deeper than 128 levels".
 */
export class JsonFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'JsonFault';
  }
}

export function tooDeep({ maxDepth }: JsonLimits): JsonFault {
  return new JsonFault(`nests deeper than ${maxDepth} levels`);
}

export function tooMany(what: string, count: number): JsonFault {
  return new JsonFault(`holds more than ${count.toLocaleString('en').replaceAll(',', ' ')} ${what}`);
}
