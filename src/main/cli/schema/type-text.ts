import { isObject } from '../../mcp/json-rpc.ts';
import { type Alternative, alternativesOf, type Schema } from './alternatives.ts';
import { itemSchema, parametersOfAlternatives } from './parameters.ts';

/** Maximum nesting of objects and lists that are shown in full. */
const MAX_DEPTH = 3;

/** Maximum number of enum values, and of object members, that are shown. */
const MAX_SHOWN = 16;

/** Writes the type that a schema describes, in TypeScript syntax. Shortens parts that are deep or recursive. */
export function typeText(schema: unknown, root: Schema, depth = 0): string {
  const types = alternativesOf(schema, root).flatMap((alternative) => typesOf(alternative, root, depth));
  const unique = [...new Set(types)];
  const shown = unique.length > MAX_SHOWN ? [...unique.slice(0, MAX_SHOWN), '…'] : unique;
  return shown.includes('unknown') ? 'unknown' : shown.join(' | ');
}

/** Writes the name of a property, in quotes if necessary. */
export function keyText(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

function typesOf(alternative: Alternative, root: Schema, depth: number): readonly string[] {
  const { type, values } = alternative;
  if (values !== null) return values.map((value) => JSON.stringify(value));
  if (type === 'any') return ['unknown'];
  if (type === 'integer') return ['number'];
  if (type === 'array') return [listText(alternative, root, depth)];
  return [type === 'object' ? objectText(alternative, root, depth) : type];
}

function listText(list: Alternative, root: Schema, depth: number): string {
  const { prefixItems } = list.schema;
  if (depth >= MAX_DEPTH) return 'unknown[]';
  if (Array.isArray(prefixItems)) return `[${prefixItems.map((item) => typeText(item, root, depth + 1)).join(', ')}]`;
  const item = typeText(itemSchema(0, [list]) ?? true, root, depth + 1);
  return item.includes(' | ') ? `(${item})[]` : `${item}[]`;
}

function objectText(object: Alternative, root: Schema, depth: number): string {
  const { list } = parametersOfAlternatives([object]);
  const { additionalProperties: others } = object.schema;
  if (list.length === 0) {
    if (depth >= MAX_DEPTH) return 'object';
    return isObject(others) ? `Record<string, ${typeText(others, root, depth + 1)}>` : 'object';
  }
  if (depth >= MAX_DEPTH) return 'object';
  const members = list
    .slice(0, MAX_SHOWN)
    .map(
      ({ name, schema, isRequired }) =>
        `${keyText(name)}${isRequired ? '' : '?'}: ${typeText(schema, root, depth + 1)}`,
    );
  return `{ ${[...members, ...(list.length > MAX_SHOWN ? ['…'] : [])].join('; ')} }`;
}
