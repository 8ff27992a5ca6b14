import { type Random, systemRandom } from '../clock.ts';
import { BRACE_OPEN, BRACKET_OPEN } from './json-lexer.ts';
import { FOREIGN_LIMITS, type JsonLimits, tooMany } from './json-limits.ts';
import { JsonScanner } from './json-scanner.ts';

/** JSON that is shorter than this is cheap to parse whatever it contains, unless it is nested deeply. */
const CHEAP_LENGTH = 128 * 1024;

/** Number of samples from which the number of different names in a JSON string is estimated. */
const SAMPLES = 32;
const SAMPLE_LENGTH = 2 * 1024;

/** Matches whole strings, and the colon after a member name. A sample may end within its last string. */
const TEXTS = /"((?:[^"\\]|\\[\s\S]?)*)(?:"(\s*:)?|$)/g;

/** Matches a place where a string certainly begins. */
const FIRST_TEXT = /[{[,]\s*"/;

/**
 * Weight of a name. A new name changes the shape of its object, so it costs about four times as much as a new short
 * string.
 */
const NAME_WEIGHT = 4;

/** V8 interns strings up to this length, as it interns all names. */
const INTERNED_LENGTH = 10;

/**
 * Parses untrusted JSON: from a connector, a client or a file. All code has to parse untrusted JSON with this function
 * (`npm run house` checks it). Before parsing, throws a {@link JsonFault} if the JSON is nested too deep, or is so
 * large that parsing would block the event loop. Throws a SyntaxError for invalid JSON.
 */
export function parseForeignJson(text: string, limits: JsonLimits = FOREIGN_LIMITS): unknown {
  checkForeignJson(text, limits);
  return JSON.parse(text);
}

/** Throws a {@link JsonFault} in the same cases as {@link parseForeignJson}, without parsing anything. */
export function checkForeignJson(text: string, limits: JsonLimits = FOREIGN_LIMITS): void {
  // A string that nests deeper than N levels has at least N + 1 opening brackets. Most messages have fewer.
  if (text.length <= limits.maxDepth || (text.length <= CHEAP_LENGTH && isShallow(text, limits.maxDepth))) return;
  const scanner = new JsonScanner(limits);
  const fault = scanner.writeText(text) ?? scanner.end();
  if (fault !== null) throw fault;
  checkTexts(text, scanner.commas, limits);
}

/** Throws a {@link JsonFault} if JSON with `commas` commas contains too many names and short strings. */
function checkTexts(text: string, commas: number, { maxTexts }: JsonLimits, random: Random = systemRandom): void {
  if (commas * NAME_WEIGHT > maxTexts && weightOfTexts(text, random) > maxTexts)
    throw tooMany('different names', maxTexts / NAME_WEIGHT);
}

const OPENING: readonly string[] = [BRACKET_OPEN, BRACE_OPEN].map((code) => String.fromCharCode(code));

/** Whether a string has at most `maxDepth` opening brackets, including those within strings. */
function isShallow(text: string, maxDepth: number): boolean {
  let count = 0;
  for (const opening of OPENING) {
    for (let at = text.indexOf(opening); at >= 0; at = text.indexOf(opening, at + 1)) {
      count += 1;
      if (count > maxDepth) return false;
    }
  }
  return true;
}

/**
 * Estimates from samples how many different names and short strings the JSON contains, and weighs them. The rest of the
 * JSON is assumed to contain new strings at the rate of strings that occur exactly once in the samples (the Good–Turing
 * estimate).
 */
function weightOfTexts(text: string, random: Random): number {
  const seen = new Map<string, number>();
  const length = Math.floor(text.length / SAMPLES);
  let read = 0;
  for (let index = 0; index < SAMPLES; index += 1) {
    // The position of a sample is random, so that an attacker cannot avoid it.
    const from = index * length + Math.floor(random.next() * Math.max(0, length - SAMPLE_LENGTH));
    const sample = text.slice(from, from + Math.min(length, SAMPLE_LENGTH));
    read += sample.length;
    const start = sample.search(FIRST_TEXT);
    for (const [, found = '', colon] of start < 0 ? [] : sample.slice(start).matchAll(TEXTS)) {
      const key = colon === undefined ? `"${found}` : found;
      if (colon !== undefined || found.length <= INTERNED_LENGTH) seen.set(key, (seen.get(key) ?? 0) + 1);
    }
  }
  const unread = text.length / Math.max(1, read) - 1;
  return seen.entries().reduce((sum, [key, times]) => {
    const weight = key.startsWith('"') ? 1 : NAME_WEIGHT;
    return sum + weight * (times === 1 ? 1 + unread : 1);
  }, 0);
}
