import { misuse } from '../flags/option-values.ts';

/** How the value of an assignment is given: as a string, as JSON, in a file, or as a value that needs no conversion. */
type WrittenAs = 'text' | 'json' | 'file' | 'json-file' | 'value';

/** A word such as `key=value`, split into the key and the value. */
export interface Assignment {
  readonly key: string;
  readonly as: WrittenAs;
  /**
   * What was typed: a string, JSON, or the path of a file (`-` for standard input). If `as` is `value`, a value that
   * needs no conversion.
   */
  readonly value: unknown;
}

/** The words that follow the tool's name on a command line, sorted by their kind. */
export interface CallWords {
  readonly assignments: readonly Assignment[];
  /** Strings with JSON objects, or `-` for an object on standard input. */
  readonly documents: readonly string[];
}

/** One way to split a word into a key, a sign and a value. */
interface Cut {
  readonly key: string;
  readonly sign: ':=' | '=' | ':';
  readonly rest: string;
}

/** A key of names and indexes, such as `filter.tags[0]`. Only such a key may be followed by `:` instead of `=`. */
const PLAIN_KEY = /^[A-Za-z_$][\w$.[\]-]*$/;

/**
 * Reads the words that follow the name of a tool. Accepts `key=value`, `key:=JSON`, `key=@file`, `key:=@file`, and
 * `key=@@text` for a string that begins with `@`. Also accepts a JSON object, `-` for standard input, and, like
 * mcporter, `key:value` and `key: value`. `isKnown` returns whether the tool has a parameter of that name; by default,
 * every name counts as known. Throws OPTIONS_INVALID for any other word.
 */
export function readCallWords(words: readonly string[], isKnown: (key: string) => boolean = () => true): CallWords {
  const assignments: Assignment[] = [];
  const documents: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (word === '-' || /^\s*\{/.test(word)) {
      documents.push(word);
      continue;
    }
    const next = words[index + 1];
    const cut = bestCut(word, isKnown);
    if (cut === null) throw misuse(noAssignment(word));
    // An unquoted `title: value` arrives from the shell as two words.
    if (cut.sign === ':' && cut.rest.trim() === '' && next !== undefined && bestCut(next, isKnown) === null) {
      assignments.push({ key: cut.key, as: 'text', value: next });
      index += 1;
    } else assignments.push(assignmentOf(cut));
  }
  return { assignments, documents };
}

/** Whether {@link readCallWords} accepts a word as an argument. If so, the word cannot be the name of a tool. */
export function isCallWord(word: string): boolean {
  return word === '-' || /^\s*\{/.test(word) || cutsOf(word).some(({ sign }) => sign !== ':' || PLAIN_KEY.test(word));
}

function noAssignment(word: string): string {
  const shown = word.length > 60 ? `${word.slice(0, 59)}…` : word;
  if (/^\s*\[/.test(word)) return `The arguments of a tool must be a JSON object or key=value, not a list: ${shown}`;
  return `"${shown}" is not an argument of a tool: write key=value, key:=JSON, a JSON object, or - for standard input`;
}

function bestCut(word: string, isKnown: (key: string) => boolean): Cut | null {
  const cuts = cutsOf(word);
  const known = cuts.find(({ key }) => isKnown(rootOf(key)) || isKnown(key));
  const [equals] = cuts.filter(({ sign }) => sign !== ':');
  if (known !== undefined && (known.sign !== ':' || PLAIN_KEY.test(known.key))) return known;
  if (equals !== undefined) return equals;
  return cuts.find(({ key, rest }) => PLAIN_KEY.test(key) && !rest.startsWith('//')) ?? null;
}

/** Returns all ways to split a word at `=`, `:=` or `:`, from left to right. */
function cutsOf(word: string): readonly Cut[] {
  return [...word.matchAll(/:=|=|:/g)].flatMap((match) => {
    const key = word.slice(0, match.index);
    const sign = match[0] as Cut['sign'];
    return key === '' ? [] : [{ key, sign, rest: word.slice(match.index + sign.length) }];
  });
}

function rootOf(key: string): string {
  return key.split(/[.[]/, 1)[0] ?? key;
}

function assignmentOf({ key, sign, rest }: Cut): Assignment {
  const isJson = sign === ':=';
  if (rest.startsWith('@@') && !isJson) return { key, as: 'text', value: rest.slice(1) };
  if (rest.startsWith('@') && rest !== '@') return { key, as: isJson ? 'json-file' : 'file', value: rest.slice(1) };
  return { key, as: isJson ? 'json' : 'text', value: rest };
}
