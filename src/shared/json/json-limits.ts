/** Limits for untrusted JSON, checked before it is parsed. */
export interface JsonLimits {
  /** Maximum nesting depth of objects and arrays. */
  readonly maxDepth: number;
  /** Maximum number of objects and arrays. Each costs V8 time and memory. */
  readonly maxContainers: number;
  /** Maximum number of members and items, counted by their commas. */
  readonly maxValues: number;
  /**
   * Approximate maximum number of different short strings, because V8 interns each of them. Each different member name
   * counts as four strings.
   */
  readonly maxTexts: number;
}

/**
 * Limits for JSON that is parsed on the main thread. Each of them bounds how long parsing blocks it
 * (docs/benchmarks.md, `npm run bench -- json-scan`).
 */
export const FOREIGN_LIMITS: JsonLimits = {
  maxDepth: 128,
  maxContainers: 400_000,
  maxValues: 1_000_000,
  maxTexts: 250_000,
};

/**
 * Error of untrusted JSON that is nested too deep or too large to be parsed. The message is a clause that follows its
 * subject: "nests deeper than 128 levels".
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
