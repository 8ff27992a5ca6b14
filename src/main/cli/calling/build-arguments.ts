import { isObject } from '../../mcp/json-rpc.ts';
import { misuse } from '../flags/option-values.ts';
import { type Alternative, alternativesOf, type Schema } from '../schema/alternatives.ts';
import { itemSchema, parametersOfAlternatives, propertySchema } from '../schema/parameters.ts';
import type { Problem } from './check-arguments.ts';
import { type Reading, readItems, readText, readUntyped } from './read-text.ts';

/**
 * An argument from the command line. `text` is still to be converted as the schema says; `value` is the final JSON
 * value.
 */
export type Given = { readonly key: string } & ({ readonly text: string } | { readonly value: unknown });

/** The arguments of a call, and the problems with strings that could not be converted. */
export interface BuiltArguments {
  readonly args: Record<string, unknown>;
  readonly problems: readonly Problem[];
}

type Step = string | number;

/**
 * Adds the arguments in `given` to a copy of `base`. Converts each string as the schema says. A key that is given
 * several times becomes a list. Keys such as `a.b` and `a[0]` set values inside of objects and lists. Throws
 * OPTIONS_INVALID for keys that contradict each other.
 */
export function buildArguments(
  given: readonly Given[],
  schema: Schema,
  base: Readonly<Record<string, unknown>> = {},
): BuiltArguments {
  const args: Record<string, unknown> = structuredClone({ ...base });
  const problems: Problem[] = [];
  for (const [key, group] of Map.groupBy(given, (each) => each.key)) {
    const { steps, schema: at } = stepsOf(key, schema);
    const reading = readGroup(key, group, at, schema);
    if ('mustBe' in reading) {
      const written = group.map((each) => ('text' in each ? each.text : JSON.stringify(each.value))).join(',');
      problems.push({ path: steps.map(String), kind: 'type', text: `must be ${reading.mustBe}, not "${written}"` });
    } else place(args, steps, reading.value, key);
  }
  return { args, problems };
}

function readGroup(key: string, group: readonly Given[], schema: unknown, root: Schema): Reading {
  const [first] = group;
  if (first !== undefined && group.length === 1) {
    if ('value' in first) return { value: first.value };
    return schema === undefined ? { value: readUntyped(first.text) } : readText(first.text, schema, root);
  }
  const alternatives = alternativesOf(schema ?? true, root);
  if (!alternatives.some(({ type }) => type === 'array' || type === 'any'))
    throw misuse(`${key} is given ${group.length} times, but it takes only one value`);
  const lists = alternatives.filter(({ type }) => type === 'array');
  const items = group.map((each) => ('value' in each ? { value: each.value } : readItems([each.text], lists, root)));
  const wrong = items.find((item) => 'mustBe' in item);
  if (wrong !== undefined) return wrong;
  return {
    value: group.map((each, index) => {
      const item = items[index] as { readonly value: unknown };
      return 'value' in each ? each.value : (item.value as readonly unknown[])[0];
    }),
  };
}

/**
 * Splits a key such as `a.b[0]` into steps. Also returns the schema of the value at that key, or undefined if the
 * schema of the tool does not define it.
 */
function stepsOf(key: string, root: Schema): { readonly steps: readonly Step[]; readonly schema: unknown } {
  const steps: Step[] = [];
  let schema: unknown = root;
  let rest = key;
  while (rest !== '') {
    const alternatives: readonly Alternative[] = schema === undefined ? [] : alternativesOf(schema, root);
    const { step, left } = nextStep(rest, alternatives, key);
    schema = typeof step === 'number' ? itemSchema(step, alternatives) : propertySchema(step, alternatives);
    steps.push(step);
    rest = left;
  }
  return { steps, schema };
}

/**
 * Returns the first step of a key. If the schema has a property whose name contains dots, this property takes
 * precedence over a path.
 */
function nextStep(
  rest: string,
  alternatives: readonly Alternative[],
  key: string,
): { readonly step: Step; readonly left: string } {
  const names = parametersOfAlternatives(alternatives)
    .list.map(({ name }) => name)
    .filter((name) => name !== '' && rest.startsWith(name) && /^(?:$|[.[])/.test(rest.slice(name.length)));
  const longest = names.toSorted((a, b) => b.length - a.length)[0];
  if (longest !== undefined) return { step: longest, left: afterDot(rest.slice(longest.length)) };
  const index = /^\[(\d{1,6})\]/.exec(rest);
  if (index !== null) return { step: Number(index[1]), left: afterDot(rest.slice(index[0].length)) };
  const name = /^[^.[]+/.exec(rest)?.[0];
  if (name === undefined)
    throw misuse(`"${key}" is not the name of an argument: write, for example, a=1, a.b=1, a[0]=1 or a:=JSON`);
  const isList =
    alternatives.some(({ type }) => type === 'array') && !alternatives.some(({ type }) => type === 'object');
  const step = isList && /^\d{1,6}$/.test(name) ? Number(name) : name;
  return { step, left: afterDot(rest.slice(name.length)) };
}

function afterDot(rest: string): string {
  return rest.startsWith('.') ? rest.slice(1) : rest;
}

function place(args: Record<string, unknown>, steps: readonly Step[], value: unknown, key: string): void {
  let node: Record<string, unknown> | unknown[] = args;
  for (const [depth, step] of steps.entries()) {
    if (Array.isArray(node) !== (typeof step === 'number'))
      throw misuse(`${key} contradicts another argument, which sets the same value in another form`);
    if (typeof step === 'number' && step > Object.keys(node).length)
      throw misuse(`${key} cannot be set, because the items before it are missing`);
    const isLast = depth === steps.length - 1;
    const present: unknown = Object.hasOwn(node, step) ? (node as Record<Step, unknown>)[step] : undefined;
    const next: unknown = isLast ? value : (present ?? (typeof steps[depth + 1] === 'number' ? [] : {}));
    if (!isLast && !isObject(next) && !Array.isArray(next))
      throw misuse(`${key} contradicts another argument, which sets the same value in another form`);
    // `node[step] = next` would set the prototype if the step is `__proto__`.
    Object.defineProperty(node, step, { value: next, enumerable: true, configurable: true, writable: true });
    node = next as Record<string, unknown>;
  }
}
