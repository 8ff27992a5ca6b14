import { parseForeignJson } from '../../../shared/json/parse-foreign.ts';
import { isObject } from '../../mcp/json-rpc.ts';
import { type Alternative, alternativesOf, isOfType, type Schema, type TypeName } from '../schema/alternatives.ts';
import { itemSchema } from '../schema/parameters.ts';

/**
 * The value that a string on the command line stands for. If the string is wrong, `mustBe` completes the sentence "…
 * must be …".
 */
export type Reading = { readonly value: unknown } | { readonly mustBe: string };

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Maximum number of allowed values that an error message lists. */
const VALUES_SHOWN = 12;

/**
 * Converts a string from the command line into a value that `schema` allows. References in `schema` are relative to
 * `root`. Numbers, booleans and `null` are recognized if the schema allows them. If the schema allows strings too, a
 * number must be written exactly as JSON writes it. Arrays are JSON, or items separated by commas; objects are JSON.
 */
export function readText(text: string, schema: unknown, root: Schema): Reading {
  const alternatives = alternativesOf(schema, root);
  const found = readNamed(text, alternatives) ?? readTyped(text, alternatives, root);
  if (found !== null) return found;
  if (alternatives.every(({ isExact }) => isExact)) return { mustBe: expected(alternatives) };
  return { value: readUntyped(text) };
}

/** Converts a string for which there is no schema: JSON is parsed, and any other input remains a string. */
export function readUntyped(text: string): unknown {
  // A number that a double cannot represent exactly, such as a long id, remains a string.
  if (NUMBER.test(text)) return isKept(text) ? Number(text) : text;
  return parsed(text)?.value ?? (text.trim() === 'null' ? null : text);
}

/** Parses a string as JSON. Returns null if the string is not valid JSON. */
export function parsed(text: string): { readonly value: unknown } | null {
  try {
    return { value: parseForeignJson(text) };
  } catch {
    return null;
  }
}

/** Describes the values that the alternatives allow, to complete the sentence "… must be …". */
export function expected(alternatives: readonly Alternative[]): string {
  const values = alternatives.flatMap((alternative) => alternative.values ?? []);
  const types = alternatives.filter((alternative) => alternative.values === null).map(({ type }) => NOUNS[type]);
  const shown = values
    .slice(0, VALUES_SHOWN)
    .map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
  const list = values.length > VALUES_SHOWN ? [...shown, '…'] : shown;
  const one = list.length === 0 ? [] : [list.length === 1 ? list.join() : `one of ${list.join(', ')}`];
  return [...new Set([...one, ...types])].join(' or ');
}

const NOUNS: Readonly<Record<TypeName, string>> = {
  string: 'a string',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  null: 'null',
  array: 'a list',
  object: 'a JSON object',
  any: 'a value',
};

/**
 * Returns the value that a string stands for if the schema lists the allowed values; null if the string is none of
 * them.
 */
function readNamed(text: string, alternatives: readonly Alternative[]): Reading | null {
  const values = alternatives.flatMap((alternative) => alternative.values ?? []);
  // If the schema lists both "1" and 1, the string is chosen, because the user typed plain text.
  for (const isMeant of [(value: unknown) => value === text, (value: unknown) => JSON.stringify(value) === text]) {
    const value = values.find(isMeant);
    if (value !== undefined) return { value };
  }
  return null;
}

function readTyped(text: string, alternatives: readonly Alternative[], root: Schema): Reading | null {
  const free = alternatives.filter(({ values }) => values === null);
  const has = (...types: readonly TypeName[]): boolean => free.some(({ type }) => types.includes(type));
  const hasStrings = has('string');
  if (has('null') && text === 'null') return { value: null };
  if (has('boolean') && /^(?:true|false)$/.test(text)) return { value: text === 'true' };
  const number = readNumber(text, free, hasStrings);
  if (number !== null) return number;
  const json = has('array', 'object') && /^\s*[[{]/.test(text) ? parsed(text) : null;
  if (json !== null && free.some(({ type }) => type !== 'any' && isOfType(json.value, type))) return json;
  if (hasStrings) return { value: text };
  if (has('any')) return { value: readUntyped(text) };
  return has('array') ? readList(text, json?.value, free, root) : null;
}

function readNumber(text: string, free: readonly Alternative[], hasStrings: boolean): Reading | null {
  const type = free.find(({ type }) => type === 'number') ?? free.find(({ type }) => type === 'integer');
  if (type === undefined || !NUMBER.test(text)) return null;
  const value = Number(text);
  if (hasStrings && String(value) !== text) return null;
  if (type.type === 'integer' && !Number.isInteger(value)) return null;
  return isKept(text)
    ? { value }
    : { mustBe: 'a number that JavaScript can represent exactly; this one would be sent as another number' };
}

/** Whether a double represents the number exactly as it was written. */
function isKept(text: string): boolean {
  const value = Number(text);
  return Number.isFinite(value) && (!/^-?\d+$/.test(text) || Number.isSafeInteger(value));
}

/** Reads a list of items that are separated by commas. A single JSON object becomes a list with one item. */
function readList(text: string, json: unknown, free: readonly Alternative[], root: Schema): Reading {
  if (isObject(json)) return { value: [json] };
  const parts = text === '' ? [] : text.split(',').map((part) => part.trim());
  return readItems(parts, free, root);
}

/** Converts each string into an item of an array. */
export function readItems(texts: readonly string[], alternatives: readonly Alternative[], root: Schema): Reading {
  const items: unknown[] = [];
  for (const [index, text] of texts.entries()) {
    const schema = itemSchema(index, alternatives);
    const item = schema === undefined ? { value: readUntyped(text) } : readText(text, schema, root);
    if ('mustBe' in item) return { mustBe: `a list in which each item is ${item.mustBe}` };
    items.push(item.value);
  }
  return { value: items };
}
