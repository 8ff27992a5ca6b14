import { nearestName } from '../../../shared/nearest-name.ts';
import { isObject } from '../../mcp/json-rpc.ts';
import { type Alternative, alternativesOf, isOfType, type Schema } from '../schema/alternatives.ts';
import { itemSchema, type Parameters, parametersOfAlternatives, propertySchema } from '../schema/parameters.ts';
import { expected } from './read-text.ts';

/** A problem with one argument of a call. */
export interface Problem {
  /** Path to the wrong value. The first element is the name of the parameter. */
  readonly path: readonly string[];
  readonly kind: 'missing' | 'unknown' | 'type';
  /** The rest of a sentence that begins with the path, such as `is missing`. */
  readonly text: string;
}

export interface CheckSettings {
  /**
   * Names of the arguments that were typed as `key=value`. If such a name is unknown and looks like a misspelt
   * parameter, it is reported, unless the schema allows any name. An unknown name in JSON is reported only if the
   * schema forbids it.
   */
  readonly typed?: ReadonlySet<string>;
}

/**
 * Returns the definite errors in a tool's arguments: missing parameters, unknown parameters and wrong types. Where the
 * schema is unclear, reports nothing and leaves the decision to the server.
 */
export function checkArguments(
  args: Readonly<Record<string, unknown>>,
  schema: Schema,
  { typed = new Set() }: CheckSettings = {},
): readonly Problem[] {
  const alternatives = alternativesOf(schema, schema);
  const parameters = parametersOfAlternatives(alternatives);
  const isExact = alternatives.every((alternative) => alternative.isExact);
  const missing = parameters.list
    .filter(({ name, isRequired }) => isRequired && !Object.hasOwn(args, name))
    .map(({ name }): Problem => ({ path: [name], kind: 'missing', text: 'is missing' }));
  const others = Object.entries(args).flatMap(([name, value]) => {
    const known = parameters.list.find((parameter) => parameter.name === name);
    if (known !== undefined) return valueProblems(value, known.schema, schema, [name]);
    const unknown = unknownProblem(name, [], parameters, isExact && typed.has(name));
    return unknown === null ? [] : [unknown];
  });
  return [...missing, ...others];
}

/** Returns the names of arguments that the schema neither defines nor forbids. The server may not know them. */
export function doubtfulArguments(args: Readonly<Record<string, unknown>>, schema: Schema): readonly string[] {
  const { list, others } = parametersOfAlternatives(alternativesOf(schema, schema));
  if (others !== 'unsaid' || list.length === 0) return [];
  return Object.keys(args).filter((name) => !list.some((parameter) => parameter.name === name));
}

function unknownProblem(
  name: string,
  above: readonly string[],
  { list, others }: Parameters,
  mayBeMisspelt: boolean,
): Problem | null {
  const nearest = nearestName(
    name,
    list.map((parameter) => parameter.name),
  );
  if (others !== 'closed' && (others === 'open' || !mayBeMisspelt || nearest === null)) return null;
  const meant = nearest === null ? '' : `; did you mean ${nearest}?`;
  return { path: [...above, name], kind: 'unknown', text: `is not known${meant}` };
}

function valueProblems(value: unknown, schema: unknown, root: Schema, path: readonly string[]): readonly Problem[] {
  const alternatives = alternativesOf(schema, root);
  if (!alternatives.every(({ isExact }) => isExact)) return [];
  const candidates = alternatives.filter(
    ({ type, values }) => isOfType(value, type) && (values === null || values.some((each) => isSame(each, value))),
  );
  if (candidates.length === 0)
    return [{ path, kind: 'type', text: `must be ${expected(alternatives)}, not ${shown(value)}` }];
  // If the value fits the type of several alternatives, only the server can tell which alternative was meant.
  return candidates.length === 1 ? innerProblems(value, candidates, root, path) : [];
}

function innerProblems(
  value: unknown,
  form: readonly Alternative[],
  root: Schema,
  path: readonly string[],
): readonly Problem[] {
  if (Array.isArray(value))
    return value.flatMap((item: unknown, index) => {
      const schema = itemSchema(index, form);
      return schema === undefined ? [] : valueProblems(item, schema, root, [...path, String(index)]);
    });
  if (!isObject(value)) return [];
  const parameters = parametersOfAlternatives(form);
  const missing = parameters.list
    .filter(({ name, isRequired }) => isRequired && !Object.hasOwn(value, name))
    .map(({ name }): Problem => ({ path: [...path, name], kind: 'missing', text: 'is missing' }));
  const others = Object.entries(value).flatMap(([name, inner]) => {
    const schema = propertySchema(name, form);
    if (schema !== undefined) return valueProblems(inner, schema, root, [...path, name]);
    const unknown = unknownProblem(name, path, parameters, false);
    return unknown === null ? [] : [unknown];
  });
  return [...missing, ...others];
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= 40 ? text : `${text.slice(0, 39)}…`;
}
