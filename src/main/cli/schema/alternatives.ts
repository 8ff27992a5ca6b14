import { isObject } from '../../mcp/json-rpc.ts';

/** JSON Schema of a tool as its server sent it. It was not checked, so it may be invalid. */
export type Schema = Readonly<Record<string, unknown>>;

export type TypeName = 'string' | 'number' | 'integer' | 'boolean' | 'null' | 'array' | 'object' | 'any';

/** One kind of value that a schema allows, such as one member of an `anyOf`. */
export interface Alternative {
  readonly type: TypeName;
  /** The schema of this kind alone, with references resolved and `allOf` merged. */
  readonly schema: Schema;
  /** The values that `enum` or `const` lists; null if every value of the type is allowed. */
  readonly values: readonly unknown[] | null;
  /**
   * Whether this module understands all keywords of `schema`. If not, only the server can tell whether a value is
   * valid.
   */
  readonly isExact: boolean;
}

/** Maximum nesting of references and unions. A schema that is nested deeper probably refers to itself. */
const MAX_DEPTH = 24;

const MAX_ALTERNATIVES = 64;

/** Keywords that restrict values in ways that this module does not evaluate. */
const CLEVER: readonly string[] = [
  ...['if', 'not', 'dependentSchemas', 'dependencies', 'dependentRequired', 'patternProperties', 'propertyNames'],
  ...['unevaluatedProperties', 'unevaluatedItems', 'contains', '$dynamicRef', '$recursiveRef'],
];

const TYPES: ReadonlySet<unknown> = new Set(['string', 'number', 'integer', 'boolean', 'null', 'array', 'object']);

const OBJECT_WORDS = ['properties', 'required', 'additionalProperties'];
const ARRAY_WORDS = ['items', 'prefixItems'];

/**
 * Returns the kinds of values that `schema` allows. References are resolved within the document `root`. If the schema
 * is empty, invalid or too deep, returns the kind `any`.
 */
export function alternativesOf(schema: unknown, root: Schema): readonly Alternative[] {
  const found = expand(schema, root, 0);
  return found.length === 0 || found.length > MAX_ALTERNATIVES ? [ANYTHING] : found;
}

const ANYTHING: Alternative = { type: 'any', schema: {}, values: null, isExact: false };

function expand(schema: unknown, root: Schema, depth: number): readonly Alternative[] {
  if (!isObject(schema) || depth > MAX_DEPTH) return [{ ...ANYTHING, isExact: schema === true }];
  if (typeof schema.$ref === 'string') {
    const { $ref, ...siblings } = schema;
    const target = pointed(schema.$ref, root);
    return target === undefined ? [{ ...ANYTHING, schema }] : expand(merged(target, siblings), root, depth + 1);
  }
  if (Array.isArray(schema.allOf)) {
    const { allOf, ...rest } = schema;
    const parts = (allOf as readonly unknown[]).map((part) => resolved(part, root, 0));
    return expand(parts.reduce<Schema>(merged, rest), root, depth + 1);
  }
  for (const union of ['anyOf', 'oneOf'] as const) {
    const options = schema[union];
    if (!Array.isArray(options)) continue;
    const { [union]: _, ...rest } = schema;
    const hasRest = Object.keys(rest).some((key) => isConstraint(key));
    return options
      .slice(0, MAX_ALTERNATIVES)
      .flatMap((option) => expand(hasRest ? merged(resolved(option, root, 0), rest) : option, root, depth + 1))
      .map((alternative) => (hasRest ? alternative : withTexts(alternative, rest)));
  }
  return typed(schema);
}

/** Returns the kinds of values that a schema without references and unions allows. */
function typed(schema: Schema): readonly Alternative[] {
  const isExact = !CLEVER.some((word) => Object.hasOwn(schema, word));
  const values = valuesOf(schema);
  const names = [schema.type ?? []].flat().filter((type): type is TypeName => TYPES.has(type));
  const types = schema.nullable === true && names.length > 0 ? [...new Set([...names, 'null' as const])] : names;
  if (types.length > 0)
    return types.map((type) => {
      const own = values?.filter((value) => isOfType(value, type)) ?? null;
      return { type, schema, values: type === 'null' ? null : own, isExact };
    });
  if (values !== null) {
    const groups = Map.groupBy(values, typeOf);
    return [...groups].map(([type, some]) => ({ type, schema, values: some, isExact }));
  }
  // Keywords for objects or arrays do not restrict other values, so they only show which type is probably meant.
  const hint = has(schema, OBJECT_WORDS) ? 'object' : has(schema, ARRAY_WORDS) ? 'array' : 'any';
  return [{ type: hint, schema, values: null, isExact: hint === 'any' && isExact }];
}

/** Replaces each `$ref` and `allOf` in a schema with its content. Leaves `anyOf` and `oneOf` unchanged. */
function resolved(schema: unknown, root: Schema, depth: number): Schema {
  if (!isObject(schema) || depth > MAX_DEPTH) return {};
  if (typeof schema.$ref === 'string') {
    const { $ref, ...siblings } = schema;
    const target = pointed(schema.$ref, root);
    return target === undefined ? { $dynamicRef: $ref } : resolved(merged(target, siblings), root, depth + 1);
  }
  if (!Array.isArray(schema.allOf)) return schema;
  const { allOf, ...rest } = schema;
  return (allOf as readonly unknown[]).map((part) => resolved(part, root, depth + 1)).reduce<Schema>(merged, rest);
}

/**
 * Merges two schemas that apply to the same value. For a keyword that both schemas have, the value of `over` is used,
 * except that properties and lists of required names are combined.
 */
function merged(under: unknown, over: Schema): Schema {
  if (!isObject(under)) return over;
  const both = { ...under, ...over };
  if (isObject(under.properties) && isObject(over.properties))
    both.properties = { ...under.properties, ...over.properties };
  if (Array.isArray(under.required) && Array.isArray(over.required))
    both.required = [...new Set([...under.required, ...over.required])];
  // If a schema has `additionalProperties: false`, it forbids the properties of the other schema. A merged schema
  // cannot express that, so it is marked as not exact.
  const closed = [under, over].filter(({ additionalProperties }) => additionalProperties === false);
  if (closed.length > 0 && isObject(under.properties) && isObject(over.properties)) both.unevaluatedProperties = true;
  for (const union of ['anyOf', 'oneOf'])
    if (Object.hasOwn(under, union) && Object.hasOwn(over, union)) both.not = true;
  return both;
}

function withTexts(alternative: Alternative, texts: Schema): Alternative {
  return { ...alternative, schema: { ...texts, ...alternative.schema } };
}

/** Whether a keyword restricts values. Other keywords only describe the schema or contain definitions. */
function isConstraint(key: string): boolean {
  return !['title', 'description', 'default', 'examples', 'deprecated', '$defs', 'definitions', '$schema'].includes(
    key,
  );
}

/** Returns the schema that a reference (RFC 6901) points to; undefined if the schema is not in the document `root`. */
function pointed(reference: string, root: Schema): unknown {
  if (reference === '#') return root;
  if (!reference.startsWith('#/')) return undefined;
  let node: unknown = root;
  for (const part of reference.slice(2).split('/')) {
    const key = unescaped(part);
    if (typeof node !== 'object' || node === null || !Object.hasOwn(node, key)) return undefined;
    node = (node as Record<string, unknown>)[key];
  }
  return node;
}

function unescaped(part: string): string {
  try {
    return decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    return part;
  }
}

function valuesOf(schema: Schema): readonly unknown[] | null {
  if (Object.hasOwn(schema, 'const')) return [schema.const];
  return Array.isArray(schema.enum) && schema.enum.length > 0 ? schema.enum : null;
}

function has(schema: Schema, words: readonly string[]): boolean {
  return words.some((word) => Object.hasOwn(schema, word));
}

/** Returns the type of a JSON value: `integer` for a whole number, `number` for any other number. */
function typeOf(value: unknown): TypeName {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value as TypeName;
}

/** Whether a JSON value has this JSON Schema type. Every value has the type `any`. */
export function isOfType(value: unknown, type: TypeName): boolean {
  const own = typeOf(value);
  return type === 'any' || own === type || (own === 'integer' && type === 'number');
}
