import { isObject } from '../../mcp/json-rpc.ts';
import { type Alternative, alternativesOf, type Schema } from './alternatives.ts';

/** A parameter of a tool, or a property of an object. */
export interface Parameter {
  readonly name: string;
  readonly schema: unknown;
  readonly isRequired: boolean;
}

/** The properties that a schema allows in objects. */
export interface Parameters {
  /** Required properties, then optional properties, each in the order of the schema. */
  readonly list: readonly Parameter[];
  /**
   * Whether other properties are forbidden (`closed`) or allowed (`open`). With `unsaid`, the schema does not say: JSON
   * Schema then allows other properties, and servers usually ignore them.
   */
  readonly others: 'closed' | 'open' | 'unsaid';
}

/**
 * Returns the properties of the objects that `schema` allows. References are resolved within the document `root`. If
 * the schema is a union, the properties of its members are combined.
 */
export function parametersOf(schema: unknown, root: Schema): Parameters {
  return parametersOfAlternatives(alternativesOf(schema, root));
}

/** Returns the properties of the objects that these alternatives allow. */
export function parametersOfAlternatives(alternatives: readonly Alternative[]): Parameters {
  const objects = alternatives.filter(({ type }) => type === 'object');
  const schemas = new Map<string, unknown[]>();
  for (const { schema } of objects)
    for (const [name, property] of Object.entries(isObject(schema.properties) ? schema.properties : {}))
      schemas.set(name, [...(schemas.get(name) ?? []), property]);
  // A name in `required` is a property even if `properties` does not define it.
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

/** Returns the schema of the property called `name`; undefined if none of the alternatives defines the property. */
export function propertySchema(name: string, alternatives: readonly Alternative[]): unknown {
  const known = parametersOfAlternatives(alternatives).list.find((parameter) => parameter.name === name);
  if (known !== undefined) return known.schema;
  const rest = alternatives.map(({ schema }) => schema.additionalProperties).filter(isObject);
  return rest.length === 1 ? rest[0] : undefined;
}

/** Returns the schema of the array item at `index`; undefined if none of the alternatives defines the item. */
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
