import { type Random, systemRandom } from '../clock.ts';
import { BRACE_OPEN, BRACKET_OPEN } from './json-lexer.ts';
import { FOREIGN_LIMITS, type JsonLimits, tooMany } from './json-limits.ts';
import { JsonScanner } from './json-scanner.ts';

/** Shorter JSON costs little, whatever it holds, unless it nests deep. */
const CHEAP_LENGTH = 128 * 1024;

/** How much of a text is looked at to estimate its different names. */
const SAMPLES = 32;
const SAMPLE_LENGTH = 2 * 1024;

/** Whole strings, whether a colon makes them names or not. The last one of a sample may be cut off. */
const TEXTS = /"((?:[^"\\]|\\[\s\S]?)*)(?:"(\s*:)?|$)/g;

/** Where a string surely begins. */
const FIRST_TEXT = /[{[,]\s*"/;

/** A new name costs about four times as much as a new short string: it changes the shape of its object. */
const NAME_WEIGHT = 4;

/** V8 interns strings up to this length as it does names. */
const INTERNED_LENGTH = 10;

/**
 * Parses JSON that somebody else wrote: a connector, a client, a file. All JSON of others goes through here (`npm run
 * house` checks it). Throws a {@link JsonFault}, before anything is parsed, for JSON that nests too deep or holds so
 * much that parsing would stop the event loop, and a SyntaxError for what is no JSON.
 */
export function parseForeignJson(text: string, limits: JsonLimits = FOREIGN_LIMITS): unknown {
  checkForeignJson(text, limits);
  return JSON.parse(text);
}

/** Throws a {@link JsonFault} as {@link parseForeignJson} does, and parses nothing. */
export function checkForeignJson(text: string, limits: JsonLimits = FOREIGN_LIMITS): void {
  // The shortest text that nests deeper than N levels has N + 1 opening brackets. Most messages have fewer.
  if (text.length <= limits.maxDepth || (text.length <= CHEAP_LENGTH && isShallow(text, limits.maxDepth))) return;
  const scanner = new JsonScanner(limits);
  const fault = scanner.writeText(text) ?? scanner.end();
  if (fault !== null) throw fault;
  checkTexts(text, scanner.commas, limits);
}

/**
 * Throws a {@link JsonFault} if a text of which `commas` commas were counted holds too many names and short strings.
 */
function checkTexts(text: string, commas: number, { maxTexts }: JsonLimits, random: Random = systemRandom): void {
  if (commas * NAME_WEIGHT > maxTexts && weightOfTexts(text, random) > maxTexts)
    throw tooMany('different names', maxTexts / NAME_WEIGHT);
}

const OPENING: readonly string[] = [BRACKET_OPEN, BRACE_OPEN].map((code) => String.fromCharCode(code));

/** Whether a text has at most `maxDepth` opening brackets, those within strings among them. */
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
 * Estimates from samples how many different names and short strings a text holds, and weighs them. What was not sampled
 * is taken to hold new ones as often as the samples hold one once (Good and Turing).
 */
function weightOfTexts(text: string, random: Random): number {
  const seen = new Map<string, number>();
  const length = Math.floor(text.length / SAMPLES);
  let read = 0;
  for (let index = 0; index < SAMPLES; index += 1) {
    // Where a sample lies is left to chance, so that nobody can write around it.
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
