import { isObject } from '../../mcp/json-rpc.ts';
import { type Alternative, alternativesOf, type Schema } from './alternatives.ts';

/** One property of an object, or one parameter of a tool. */
export interface Parameter {
  readonly name: string;
  readonly schema: unknown;
  readonly isRequired: boolean;
}

/** The properties that a schema gives its objects. */
export interface Parameters {
  /** Required ones first, each in the order of the schema. */
  readonly list: readonly Parameter[];
  /**
   * What becomes of other properties: they are refused (`closed`), welcome (`open`), or the schema does not say
   * (`unsaid`): JSON Schema then allows them, and servers mostly ignore them.
   */
  readonly others: 'closed' | 'open' | 'unsaid';
}

/** The properties of the objects that `schema` allows, within `root`. Those of a union are taken together. */
export function parametersOf(schema: unknown, root: Schema): Parameters {
  return parametersOfAlternatives(alternativesOf(schema, root));
}

/** The same, of alternatives that are known. */
export function parametersOfAlternatives(alternatives: readonly Alternative[]): Parameters {
  const objects = alternatives.filter(({ type }) => type === 'object');
  const schemas = new Map<string, unknown[]>();
  for (const { schema } of objects)
    for (const [name, property] of Object.entries(isObject(schema.properties) ? schema.properties : {}))
      schemas.set(name, [...(schemas.get(name) ?? []), property]);
  // A property that only `required` names is one all the same.
  for (const name of objects.flatMap(({ schema }) => requiredOf(schema)))
    if (!schemas.has(name)) schemas.set(name, [true]);
  const list = [...schemas].map(([name, some]) => ({
    name,
    schema: some.length === 1 ? some[0] : { anyOf: unique(some) },
    isRequired: objects.every(({ schema }) => requiredOf(schema).includes(name)),
  }));
  return {
    list: [...list.filter(({ isRequired }) => isRequired), ...list.filter(({ isRequired }) => !isRequired)],
    others: othersOf(objects),
  };
}

/** The schema of the property called `name`; undefined where nothing is said of it. */
export function propertySchema(name: string, alternatives: readonly Alternative[]): unknown {
  const known = parametersOfAlternatives(alternatives).list.find((parameter) => parameter.name === name);
  if (known !== undefined) return known.schema;
  const rest = alternatives.map(({ schema }) => schema.additionalProperties).filter(isObject);
  return rest.length === 1 ? rest[0] : undefined;
}

/** The schema of the items of arrays, at `index`; undefined where nothing is said of them. */
export function itemSchema(index: number, alternatives: readonly Alternative[]): unknown {
  const array = alternatives.find(({ type }) => type === 'array')?.schema;
  if (array === undefined) return undefined;
  const tuple = Array.isArray(array.prefixItems) ? array.prefixItems : Array.isArray(array.items) ? array.items : [];
  if (index < tuple.length) return tuple[index];
  return Array.isArray(array.items) ? array.additionalItems : array.items;
}

function othersOf(objects: readonly Alternative[]): Parameters['others'] {
  if (objects.length === 0) return 'unsaid';
  const said = objects.map(({ schema, isExact }) => {
    const { additionalProperties: others } = schema;
    if (others === true || isObject(others) || Object.hasOwn(schema, 'patternProperties')) return 'open';
    if (others === false && isExact) return 'closed';
    return isExact ? 'unsaid' : 'open';
  });
  if (said.every((each) => each === 'closed')) return 'closed';
  return said.includes('open') ? 'open' : 'unsaid';
}

function requiredOf({ required }: Schema): readonly string[] {
  return Array.isArray(required) ? required.filter((name) => typeof name === 'string') : [];
}

function unique(schemas: readonly unknown[]): readonly unknown[] {
  return [...new Map(schemas.map((schema) => [JSON.stringify(schema), schema])).values()];
}
