/** The text of a TypeScript type, with facts about the type. */
export interface TypeText {
  readonly text: string;
  /** Number of members if the type is a union, as the compiler counts them; otherwise 1. */
  readonly width: number;
  /** Whether the text needs parentheses as the item type of an array or as a part of an intersection. */
  readonly isCompound: boolean;
}

/**
 * Maximum number of union members in an intersection. The compiler refuses more than 100 000 members ("too complex to
 * represent").
 */
export const MAX_WIDTH = 1_000;

/** Maximum number of members of a union that are written out. The values of an `enum` are such members. */
export const MAX_MEMBERS = 10_000;

/** Maximum length of a union on a single line. A longer union is written with one member per line. */
const LINE_LENGTH = 100;

export const UNKNOWN: TypeText = atom('unknown');
export const NEVER: TypeText = atom('never');

/** Creates a type that never needs parentheses, such as a name or an object type. */
export function atom(text: string, width = 1): TypeText {
  return { text, width, isCompound: false };
}

/** Returns the union of types. It is `unknown` if one of the types is `unknown`, or if the union would be too wide. */
export function unionOf(types: readonly TypeText[]): TypeText {
  const members = [...new Map(types.filter((type) => type.text !== 'never').map((type) => [type.text, type])).values()];
  const [first = NEVER, ...others] = members;
  if (others.length === 0) return first;
  const width = members.reduce((sum, type) => sum + type.width, 0);
  if (width > MAX_MEMBERS || members.some(({ text }) => text === 'unknown')) return UNKNOWN;
  // The text of a union with one member per line starts with `|`, which would be a syntax error inside another union.
  const texts = members.map((type) => (type.text.startsWith('\n') ? enclosed(type) : type.text));
  const line = texts.join(' | ');
  const text =
    line.length <= LINE_LENGTH && !line.includes('\n') ? line : `\n  | ${texts.map(indented).join('\n  | ')}`;
  return { text, width, isCompound: true };
}

/**
 * Returns the intersection of types. Leaves out types that would make the intersection too wide. The result may then
 * allow more values than the schema, but never fewer.
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

/** Returns the text of a type. Adds parentheses if `[]` or `&` could not follow the text without them. */
export function enclosed({ text, isCompound }: TypeText): string {
  return isCompound ? `(${text.startsWith('\n') ? `${indented(text)}\n` : text})` : text;
}

/** Indents every line but the first by two more spaces. */
export function indented(text: string): string {
  return text.replaceAll('\n', '\n  ');
}

/** Writes a string literal. Escapes characters that are invisible or reverse the direction of text. */
export function literal(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\u009f\u2028\u2029\p{Cf}]/gu, (character) =>
    Array.from({ length: character.length }, (_, index) => unitEscape(character.charCodeAt(index))).join(''),
  );
}

/** Writes the name of a property: as an identifier if possible, otherwise as a string literal. */
export function propertyName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) && name !== '__proto__' ? name : literal(name);
}

/**
 * Writes untrusted text as a documentation comment that ends with a line feed; empty if there is neither text nor tags.
 * Escapes the text, so that it cannot end the comment, or start a tag or a directive such as `@ts-ignore`.
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
