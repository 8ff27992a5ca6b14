/** A TypeScript type as text. */
export interface TypeText {
  readonly text: string;
  /** Number of members of the union that the compiler makes of it; 1 for anything else. */
  readonly width: number;
  /** Whether it needs parentheses inside an array or an intersection. */
  readonly isCompound: boolean;
}

/** The compiler refuses intersections of unions that come to more than 100 000 members ("too complex to represent"). */
export const MAX_WIDTH = 1_000;

/** Maximum number of members of a union, or of values of an enum, that are written out. */
export const MAX_MEMBERS = 10_000;

/** Longer unions get one line for each member. */
const LINE_LENGTH = 100;

export const UNKNOWN: TypeText = atom('unknown');
export const NEVER: TypeText = atom('never');

/** Creates a type that is one word, or has brackets of its own. */
export function atom(text: string, width = 1): TypeText {
  return { text, width, isCompound: false };
}

/** Returns the union of types. `unknown` absorbs the others, and a union that is too wide becomes `unknown`. */
export function unionOf(types: readonly TypeText[]): TypeText {
  const members = [...new Map(types.filter((type) => type.text !== 'never').map((type) => [type.text, type])).values()];
  const [first = NEVER, ...others] = members;
  if (others.length === 0) return first;
  const width = members.reduce((sum, type) => sum + type.width, 0);
  if (width > MAX_MEMBERS || members.some(({ text }) => text === 'unknown')) return UNKNOWN;
  // A union with a line for each member begins with a bar, which may not follow another bar.
  const texts = members.map((type) => (type.text.startsWith('\n') ? enclosed(type) : type.text));
  const line = texts.join(' | ');
  const text =
    line.length <= LINE_LENGTH && !line.includes('\n') ? line : `\n  | ${texts.map(indented).join('\n  | ')}`;
  return { text, width, isCompound: true };
}

/**
 * Returns the intersection of types. A part that would make the intersection too wide is left out, so that the type
 * allows more than the schema, and never less.
 */
export function intersectionOf(types: readonly TypeText[]): TypeText {
  const parts: TypeText[] = [];
  let width = 1;
  for (const type of new Map(types.map((part) => [part.text, part])).values()) {
    if (type.text === 'never') return NEVER;
    if (type.text === 'unknown' || width * type.width > MAX_WIDTH) continue;
    width *= type.width;
    parts.push(type);
  }
  const [first = UNKNOWN, ...others] = parts;
  if (others.length === 0) return first;
  return { text: parts.map(enclosed).join(' & '), width, isCompound: true };
}

/** Returns a type that can stand before `[]`. */
export function enclosed({ text, isCompound }: TypeText): string {
  return isCompound ? `(${text.startsWith('\n') ? `${indented(text)}\n` : text})` : text;
}

/** Indents all lines after the first by one more level. */
export function indented(text: string): string {
  return text.replaceAll('\n', '\n  ');
}

/** Writes a text as a literal. Escapes characters that are invisible or reverse the direction of text. */
export function literal(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\u009f\u2028\u2029\p{Cf}]/gu, (character) =>
    Array.from({ length: character.length }, (_, index) => unitEscape(character.charCodeAt(index))).join(''),
  );
}

/** Writes the name of a property: unchanged if it is a plain identifier, else as a literal. */
export function propertyName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) && name !== '__proto__' ? name : literal(name);
}

/**
 * Writes untrusted text as a documentation comment with its line feed; empty for a text without words. Nothing in it
 * ends the comment, and no `@` in it begins a tag or an instruction to a tool, such as `@ts-ignore`.
 */
export function comment(text: unknown, tags: readonly string[] = []): string {
  const said = typeof text === 'string' ? text.toWellFormed() : '';
  const lines = said
    .replace(/\r\n?|[\u2028\u2029\u0085]/g, '\n')
    .replace(/[^\P{C}\n\t]+/gu, ' ')
    .replace(/(?<!\w)@/g, '\\@')
    .replaceAll('*/', '*\\/')
    .trim()
    .split('\n')
    .map((line) => line.trimEnd());
  const all = [...(lines.length === 1 && lines[0] === '' ? [] : lines), ...tags];
  if (all.length === 0) return '';
  if (all.length === 1) return `/** ${all[0]} */\n`;
  return `/**\n${all.map((line) => (line === '' ? ' *' : ` * ${line}`)).join('\n')}\n */\n`;
}

function unitEscape(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}
