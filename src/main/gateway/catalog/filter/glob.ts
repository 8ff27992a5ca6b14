import { SwitchyardError } from '../../../../shared/errors.ts';

/** True if a character matches. */
type OneCharacter = (code: number) => boolean;

/** Element of a glob without alternatives: one character, or any number of characters. */
type Element = OneCharacter | 'any number';

const MAX_PATTERN_LENGTH = 1_024;

/** Maximum number of alternatives that the braces of a glob expand to. For example, `{a,b}{c,d}` expands to four. */
const MAX_ALTERNATIVES = 256;

const ANY: OneCharacter = () => true;

/**
 * Compiles a glob for names. A `*` matches any number of characters, and a `?` matches one character. A set `[a-z]`
 * matches one of its characters, `[!a-z]` matches any other character, and `{a,b}` matches either text. A `\` escapes
 * the next character. Names are not paths, so a slash is like any other character. Matching takes at most (length of
 * glob × length of name) steps. Throws OPTIONS_INVALID for a glob of more than 1 024 characters, or with more than 256
 * alternatives.
 */
export function compileGlob(pattern: string): (name: string) => boolean {
  if (pattern.length > MAX_PATTERN_LENGTH)
    throw invalid(`${pattern.slice(0, 40)}…`, `is longer than ${MAX_PATTERN_LENGTH} characters`);
  const globs = expandBraces(pattern).map(elementsOf);
  return (name) => {
    const codes = Array.from(name, (character) => character.codePointAt(0) ?? 0);
    return globs.some((glob) => matches(glob, codes));
  };
}

/**
 * True if the whole name matches the glob. After a mismatch, only the last `*` takes one more character and the rest is
 * matched again. Giving an earlier `*` more characters could not lead to further matches.
 */
function matches(glob: readonly Element[], codes: readonly number[]): boolean {
  let [at, place, star, retryAt] = [0, 0, -1, 0];
  while (at < codes.length) {
    const element = glob[place];
    if (element === 'any number') {
      star = place;
      retryAt = at;
      place += 1;
    } else if (element?.(codes[at] ?? 0) === true) {
      at += 1;
      place += 1;
    } else if (star >= 0) {
      retryAt += 1;
      at = retryAt;
      place = star + 1;
    } else return false;
  }
  return glob.slice(place).every((element) => element === 'any number');
}

/**
 * Expands a glob with braces into globs without braces. Braces that contain no comma, or that are not closed, are
 * literal text.
 */
function expandBraces(pattern: string): string[] {
  const done: string[] = [];
  const open = [pattern];
  for (let glob = open.pop(); glob !== undefined; glob = open.pop()) {
    const group = innermostGroup(glob);
    if (group === null) done.push(glob);
    else {
      const { start, end, options } = group;
      for (const option of options.toReversed()) open.push(glob.slice(0, start) + option + glob.slice(end + 1));
    }
    if (done.length + open.length > MAX_ALTERNATIVES)
      throw invalid(pattern, `stands for more than ${MAX_ALTERNATIVES} alternatives`);
  }
  return done;
}

/** Returns the first pair of braces that has a comma and contains no other pair with a comma. */
function innermostGroup(glob: string): { start: number; end: number; options: string[] } | null {
  const opened: { readonly start: number; readonly commas: number[] }[] = [];
  for (let at = 0; at < glob.length; at += 1) {
    const character = glob[at];
    if (character === '\\') at += 1;
    else if (character === '[') at = Math.max(at, endOfSet(glob, at));
    else if (character === '{') opened.push({ start: at, commas: [] });
    else if (character === ',') opened.at(-1)?.commas.push(at);
    else if (character === '}') {
      const group = opened.pop();
      if (group === undefined || group.commas.length === 0) continue;
      const cuts = [group.start, ...group.commas, at];
      return {
        start: group.start,
        end: at,
        options: cuts.slice(1).map((cut, i) => glob.slice((cuts[i] ?? 0) + 1, cut)),
      };
    }
  }
  return null;
}

function elementsOf(glob: string): Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < glob.length; at += 1) {
    const character = String.fromCodePoint(glob.codePointAt(at) ?? 0);
    const end = character === '[' ? endOfSet(glob, at) : -1;
    if (character === '*') {
      if (elements.at(-1) !== 'any number') elements.push('any number');
    } else if (character === '?') elements.push(ANY);
    else if (end > at) {
      elements.push(setOf(glob.slice(at + 1, end)));
      at = end;
    } else if (character === '\\' && at + 1 < glob.length) {
      const escaped = glob.codePointAt(at + 1) ?? 0;
      elements.push((code) => code === escaped);
      at += escaped > 0xffff ? 2 : 1;
    } else {
      const wanted = character.codePointAt(0) ?? 0;
      elements.push((code) => code === wanted);
      at += character.length - 1;
    }
  }
  return elements;
}

/**
 * Returns the index of the bracket that closes the set opened at `start`, or -1 if the set does not close. A `]` right
 * after the start of the set is part of the set.
 */
function endOfSet(glob: string, start: number): number {
  const first = start + (glob[start + 1] === '!' || glob[start + 1] === '^' ? 2 : 1);
  return glob.indexOf(']', first + 1);
}

function setOf(text: string): OneCharacter {
  const isNegated = text.startsWith('!') || text.startsWith('^');
  const codes = Array.from(isNegated ? text.slice(1) : text, (character) => character.codePointAt(0) ?? 0);
  const ranges: [number, number][] = [];
  for (let at = 0; at < codes.length; at += 1) {
    const from = codes[at] ?? 0;
    const isRange = codes[at + 1] === 0x2d && at + 2 < codes.length;
    ranges.push([from, isRange ? (codes[at + 2] ?? 0) : from]);
    if (isRange) at += 2;
  }
  return (code) => ranges.some(([from, to]) => code >= from && code <= to) !== isNegated;
}

function invalid(pattern: string, why: string): SwitchyardError {
  return new SwitchyardError('OPTIONS_INVALID', `The pattern ${pattern} ${why}`);
}
