import type { Schema } from '../schema/alternatives.ts';
import { exampleValue } from '../schema/example-value.ts';
import { parametersOf } from '../schema/parameters.ts';
import { readText } from './read-text.ts';

/** Matches strings that would be read as JSON, a file or a list if they followed `key=`. */
const NOT_PLAIN = /^\s*[[{]|^@|,/;

/**
 * Returns example arguments for the required parameters of a tool, as the words to write after the name of the tool.
 */
export function exampleWords(schema: Schema): readonly string[] {
  return parametersOf(schema, schema)
    .list.filter(({ isRequired }) => isRequired)
    .flatMap(({ name, schema: own }) => wordsOf(name, exampleValue(own, schema), own, schema));
}

function wordsOf(name: string, value: unknown, schema: unknown, root: Schema): readonly string[] {
  // A name with special characters can be given only in a JSON object.
  if (!/^[A-Za-z_$][\w$-]*$/.test(name)) return [JSON.stringify({ [name]: value })];
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const isScalar = typeof value !== 'object' || value === null;
  if (isScalar && !NOT_PLAIN.test(text) && isRead(text, value, schema, root)) return [`${name}=${text}`];
  return [`${name}:=${JSON.stringify(value)}`];
}

/** Whether `text`, typed on a command line, would be read as `value`. */
function isRead(text: string, value: unknown, schema: unknown, root: Schema): boolean {
  const reading = readText(text, schema, root);
  return 'value' in reading && reading.value === value;
}
