/** What JSON of others may hold before it is parsed. */
export interface JsonLimits {
  /** Levels of objects and arrays in each other. */
  readonly maxDepth: number;
  /** Objects and arrays. Each costs V8 up to 400 ns, and 56 bytes. */
  readonly maxContainers: number;
  /** Members and items, counted by their commas. */
  readonly maxValues: number;
  /** Different short strings, about, of which a different name counts as four. V8 interns each of them. */
  readonly maxTexts: number;
}

/**
 * The limits for JSON that is parsed on the main thread. At each of them parsing takes 0.1 to 0.25 s
 * (docs/benchmarks.md, `npm run bench -- json-scan`).
 */
export const FOREIGN_LIMITS: JsonLimits = {
  maxDepth: 128,
  maxContainers: 400_000,
  maxValues: 1_000_000,
  maxTexts: 250_000,
};

/**
 * JSON of others that is not parsed, because it nests too deep or holds too much. The message is a clause that goes on
 * after its subject: "nests deeper than 128 levels".
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
