import { MASK } from '../../../masking/secret-mask.ts';
import { isObject, type JsonObject } from '../../../mcp/json-rpc.ts';
import type { Exchange } from './exchanges.ts';

/** Methods whose parameters do not affect the response. For these, any recorded request of the method matches. */
const BY_METHOD_ALONE: ReadonlySet<string> = new Set(['initialize', 'server/discover', 'ping', 'subscriptions/listen']);

/** Result of the search for a recorded request. */
export type Match =
  | { readonly kind: 'found'; readonly exchange: Exchange }
  /**
   * `nearest` is the most similar recorded request of the same method; null if no request of this method was recorded.
   */
  | { readonly kind: 'none'; readonly nearest: Exchange | null };

/**
 * Finds the recorded request that is equal to a client's request. If several recorded requests are equal, repeated
 * searches return them in their recorded order, and then always the last. If no request is equal, lenient mode returns
 * the most similar request of the same method and subject, such as the same tool.
 */
export class RequestMatcher {
  readonly #byMethod = new Map<string, Exchange[]>();
  readonly #used = new Set<Exchange>();
  readonly #isLenient: boolean;

  constructor(exchanges: readonly Exchange[], isLenient: boolean) {
    this.#isLenient = isLenient;
    for (const exchange of exchanges) {
      const same = this.#byMethod.get(exchange.method) ?? [];
      same.push(exchange);
      this.#byMethod.set(exchange.method, same);
    }
  }

  find(method: string, params: JsonObject): Match {
    const candidates = this.#byMethod.get(method) ?? [];
    const given = ownParams(params);
    const equal = BY_METHOD_ALONE.has(method)
      ? candidates
      : candidates.filter((one) => isSame(ownParams(one.params), given));
    if (equal.length > 0) return { kind: 'found', exchange: this.#next(equal) };
    const nearest = nearestOf(candidates, given);
    if (!this.#isLenient || nearest === null || subjectOf(nearest.params) !== subjectOf(given))
      return { kind: 'none', nearest };
    const alike = candidates.filter((one) => isSame(ownParams(one.params), ownParams(nearest.params)));
    return { kind: 'found', exchange: this.#next(alike) };
  }

  /** Returns the first exchange that was not used yet. If all were used, returns the last exchange. */
  #next(equal: readonly Exchange[]): Exchange {
    const exchange = equal.find((one) => !this.#used.has(one)) ?? (equal.at(-1) as Exchange);
    this.#used.add(exchange);
    return exchange;
  }
}

/** Returns the parameters without `_meta`, whose content differs for each request. */
export function ownParams({ _meta, ...params }: JsonObject): JsonObject {
  return params;
}

/** Whether two JSON values are equal. A masked secret in the recorded value is equal to any string. */
function isSame(recorded: unknown, given: unknown): boolean {
  return differences(recorded, given, 1) === 0;
}

function nearestOf(candidates: readonly Exchange[], given: JsonObject): Exchange | null {
  let nearest: Exchange | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const isOther = subjectOf(candidate.params) !== subjectOf(given);
    // A different subject, such as another tool, weighs more than any difference in the arguments.
    const distance = differences(ownParams(candidate.params), given, 1_000) + (isOther ? 1_000 : 0);
    if (distance < least) [nearest, least] = [candidate, distance];
  }
  return nearest;
}

/** Returns the subject of a request: the name of a tool or prompt, or a URI. */
function subjectOf({ name, uri }: JsonObject): unknown {
  return name ?? uri;
}

/**
 * Returns how much two JSON values differ: the sum over all differing values, up to about `max`. Different strings with
 * the same first characters add less to the sum.
 */
function differences(recorded: unknown, given: unknown, max: number): number {
  if (typeof recorded === 'string') return textDifference(recorded, given);
  if (Array.isArray(recorded)) {
    if (!Array.isArray(given)) return max;
    let count = Math.abs(recorded.length - given.length);
    for (let at = 0; at < recorded.length && at < given.length && count < max; at += 1)
      count += differences(recorded[at], given[at], max);
    return count;
  }
  if (isObject(recorded)) return isObject(given) ? memberDifferences(recorded, given, max) : max;
  return recorded === given ? 0 : 2;
}

function memberDifferences(recorded: JsonObject, given: JsonObject, max: number): number {
  let count = 0;
  for (const name of new Set([...Object.keys(recorded), ...Object.keys(given)])) {
    if (count >= max) break;
    const isInBoth = Object.hasOwn(recorded, name) && Object.hasOwn(given, name);
    count += isInBoth ? differences(recorded[name], given[name], max) : 3;
  }
  return count;
}

function textDifference(recorded: string, given: unknown): number {
  if (recorded === given) return 0;
  if (typeof given !== 'string') return 2;
  if (!recorded.includes(MASK)) return given.startsWith(recorded.slice(0, 4)) ? 1 : 2;
  return fitsAround(recorded.split(MASK), given) ? 0 : 2;
}

/** Whether a string contains all parts in order, starts with the first part and ends with the last part. */
function fitsAround(parts: readonly string[], text: string): boolean {
  const [first = '', ...rest] = parts;
  const last = rest.pop() ?? '';
  if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last)) return false;
  let at = first.length;
  for (const part of rest) {
    const next = text.indexOf(part, at);
    if (next === -1) return false;
    at = next + part.length;
  }
  return at <= text.length - last.length;
}
