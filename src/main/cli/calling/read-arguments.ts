import { SwitchyardError } from '../../../shared/errors.ts';
import { isObject } from '../../mcp/json-rpc.ts';
import { misuse } from '../flags/option-values.ts';
import type { Schema } from '../schema/alternatives.ts';
import { type Parameters, parametersOf } from '../schema/parameters.ts';
import { readInput } from '../terminal/read-input.ts';
import { type BuiltArguments, buildArguments, type Given } from './build-arguments.ts';
import { type Assignment, readCallWords } from './call-words.ts';
import { checkArguments, doubtfulArguments, type Problem } from './check-arguments.ts';
import type { FunctionForm } from './function-form.ts';
import { parsed } from './read-text.ts';

/** All parts of a command line that contain arguments of a tool. */
export interface WrittenArguments {
  /** The words that follow the tool's name. */
  readonly words: readonly string[];
  /** The parsed call if the tool was written as `tool(…)`; otherwise null. */
  readonly form: FunctionForm | null;
  /** The values of `--args`: JSON, `@file`, or `-` for standard input. */
  readonly documents: readonly string[];
}

/** The arguments of a call, and the definite errors in these arguments. */
export interface ReadArguments extends BuiltArguments {
  /** Names of arguments that the schema does not define. The server may not know them. */
  readonly doubtful: readonly string[];
}

/** Reads a file that the command line names, or standard input if the path is `-`. */
export type ReadFile = (path: string) => Promise<string>;

/** Creates a function that reads files and remembers their content, because standard input can be read only once. */
export function createFileReader(): ReadFile {
  const known = new Map<string, Promise<string>>();
  return (path) => {
    const reading = known.get(path) ?? readInput(path).then((bytes) => new TextDecoder().decode(bytes));
    known.set(path, reading);
    return reading;
  };
}

/**
 * Reads the arguments of a call and converts them as the schema of the tool says. If `schema` is null, checks only the
 * syntax. An argument with a key overwrites an argument of the same name in a JSON object. Rejects with OPTIONS_INVALID
 * for invalid input.
 */
export async function readArguments(
  { words, form, documents }: WrittenArguments,
  schema: Schema | null,
  readFile: ReadFile,
): Promise<ReadArguments> {
  const known = schema ?? {};
  const parameters = parametersOf(known, known);
  const isKnown = (key: string): boolean =>
    parameters.list.length === 0 || parameters.list.some(({ name }) => name === key);
  const read = readCallWords(words, isKnown);
  let base: Record<string, unknown> = {};
  for (const document of [...documents, ...read.documents])
    base = { ...base, ...(await readDocument(document, readFile)) };
  const assigned = await Promise.all(read.assignments.map((assignment) => readAssignment(assignment, readFile)));
  const unnamed = form === null || schema === null ? [] : named(form, parameters);
  const given = [...unnamed, ...(form?.named ?? []), ...assigned];
  const built = buildArguments(given, known, base);
  if (schema === null) return { ...built, doubtful: [] };
  const typed = new Set(given.map(({ key }) => key));
  const isReported = ({ path: [name] }: Problem): boolean => built.problems.some(({ path }) => path[0] === name);
  const problems = checkArguments(built.args, schema, { typed }).filter((problem) => !isReported(problem));
  return {
    args: built.args,
    problems: [...built.problems, ...problems],
    doubtful: doubtfulArguments(built.args, schema),
  };
}

/**
 * Assigns values without a name to the parameters in order: first to the required parameters, then to the optional
 * ones.
 */
function named({ unnamed }: FunctionForm, { list }: Parameters): readonly Given[] {
  if (unnamed.length > list.length)
    throw misuse(
      `The call has ${unnamed.length} values without a name, but the tool has only ${list.length} parameters`,
    );
  return unnamed.map((given, index) => ({ ...given, key: list[index]?.name ?? '' }));
}

async function readDocument(document: string, readFile: ReadFile): Promise<Readonly<Record<string, unknown>>> {
  const isFile = document === '-' || document.startsWith('@');
  const path = document.startsWith('@') ? document.slice(1) : document;
  const text = isFile ? await readFile(path) : document;
  const json = parsed(text);
  const where = isFile ? ` in ${path === '-' ? 'standard input' : path}` : '';
  if (json === null)
    throw new SwitchyardError('OPTIONS_INVALID', `The arguments of the tool${where} are not valid JSON`);
  if (isObject(json.value)) return json.value;
  throw misuse(`The arguments of the tool${where} must be a JSON object, such as '{"city":"Bern"}', or key=value`);
}

async function readAssignment({ key, as, value }: Assignment, readFile: ReadFile): Promise<Given> {
  const text = String(value);
  switch (as) {
    case 'value':
      return { key, value };
    case 'text':
      return { key, text };
    // The content of the file is a string even if it looks like JSON. A final line feed is removed.
    case 'file':
      return { key, value: (await readFile(text)).replace(/\r?\n$/, '') };
    case 'json':
      return { key, value: jsonOf(key, text) };
    case 'json-file':
      return { key, value: jsonOf(key, await readFile(text)) };
  }
}

function jsonOf(key: string, text: string): unknown {
  const json = parsed(text);
  if (json === null) throw misuse(`${key}:= is not followed by JSON; write ${key}=… for a string`);
  return json.value;
}
