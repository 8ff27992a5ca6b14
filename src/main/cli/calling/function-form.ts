import { isObject } from '../../mcp/json-rpc.ts';
import type { Given } from './build-arguments.ts';
import { type Literal, LiteralReader } from './literal-reader.ts';

/** A call that is written as a single word, such as `server.tool(key: "v", n: 3)`. */
export interface FunctionForm {
  /** The text before the opening bracket: the name of the tool. */
  readonly target: string;
  readonly named: readonly Given[];
  /** Values without a name. They are assigned to the parameters in order. */
  readonly unnamed: readonly Given[];
}

type Value = { readonly text: string } | { readonly value: unknown };

/** Whether a word has the form `tool(…)`. A URL never has this form, although it may contain brackets. */
export function isFunctionForm(word: string): boolean {
  return /^\s*[^\s({="']+\s*\([\s\S]*\)\s*;?\s*$/.test(word) && !/^https?:\/\//i.test(word);
}

/**
 * Reads a call that is written as a single word. A number remains a string until the schema is known, because `007` may
 * be meant as a string. Throws OPTIONS_INVALID, with the column, for invalid syntax.
 */
export function readFunctionForm(word: string): FunctionForm {
  const trimmed = word.trim().replace(/\s*;$/, '');
  const bracket = trimmed.indexOf('(');
  const named: Given[] = [];
  const unnamed: Given[] = [];
  const reader = new LiteralReader(trimmed);
  reader.takes(trimmed.slice(0, bracket + 1));
  while (!reader.takes(')')) {
    const key = reader.key();
    const value = writtenAs(reader.value());
    if (key === null) unnamed.push({ key: String(unnamed.length), ...value });
    else named.push({ key, ...value });
    if (reader.takes(',')) continue;
    if (reader.takes(')')) break;
    throw reader.fault('a comma or ) is missing');
  }
  if (!reader.isAtEnd) throw reader.fault('there is text after the closing bracket of the call');
  const target = trimmed.slice(0, bracket).trim();
  const [only] = unnamed;
  // `tool({ a: 1 })`, as it would be written in a program, is accepted too.
  const members =
    unnamed.length === 1 && named.length === 0 && only !== undefined && 'value' in only ? only.value : null;
  if (!isObject(members)) return { target, named, unnamed };
  return { target, named: Object.entries(members).map(([key, value]) => ({ key, value })), unnamed: [] };
}

function writtenAs({ value, number }: Literal): Value {
  return number === null
    ? { value }
    : { text: /^-?(?:0|[1-9]\d*|0\d+)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(number) ? number : String(value) };
}
