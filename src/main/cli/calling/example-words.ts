import type { Schema } from '../schema/alternatives.ts';
import { exampleValue } from '../schema/example-value.ts';
import { parametersOf } from '../schema/parameters.ts';
import { readText } from './read-text.ts';

/** Texts that `key=value` would read as JSON, as a file or as a list, and not as one string. */
const NOT_PLAIN = /^\s*[[{]|^@|,/;

/** Returns the words that, after the name of a tool, call that tool with an example of each required parameter. */
export function exampleWords(schema: Schema): readonly string[] {
  return parametersOf(schema, schema)
    .list.filter(({ isRequired }) => isRequired)
    .flatMap(({ name, schema: own }) => wordsOf(name, exampleValue(own, schema), own, schema));
}

function wordsOf(name: string, value: unknown, schema: unknown, root: Schema): readonly string[] {
  // A key with special characters needs a JSON document.
  if (!/^[A-Za-z_$][\w$-]*$/.test(name)) return [JSON.stringify({ [name]: value })];
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const isScalar = typeof value !== 'object' || value === null;
  if (isScalar && !NOT_PLAIN.test(text) && isRead(text, value, schema, root)) return [`${name}=${text}`];
  return [`${name}:=${JSON.stringify(value)}`];
}

/** Whether a typed text is read as `value`. */
function isRead(text: string, value: unknown, schema: unknown, root: Schema): boolean {
  const reading = readText(text, schema, root);
  return 'value' in reading && reading.value === value;
}
