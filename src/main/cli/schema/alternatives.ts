import { isObject } from '../../mcp/json-rpc.ts';

/** JSON Schema of a tool, as its server sent it; it may contain anything. */
export type Schema = Readonly<Record<string, unknown>>;

export type TypeName = 'string' | 'number' | 'integer' | 'boolean' | 'null' | 'array' | 'object' | 'any';

/** One kind of value that a schema allows. */
export interface Alternative {
  readonly type: TypeName;
  /** The schema of this kind only: references are resolved and `allOf` is merged. */
  readonly schema: Schema;
  /** The values of `enum` or `const`; null if any value of the type is allowed. */
  readonly values: readonly unknown[] | null;
  /** Whether this module evaluates all keywords of `schema`; otherwise only the server can judge a value. */
  readonly isExact: boolean;
}

/** Maximum nesting of references and unions; a deeper schema may refer to itself. */
const MAX_DEPTH = 24;

const MAX_ALTERNATIVES = 64;

/** Keywords that can refuse or allow a value, but that this module does not evaluate. */
const CLEVER: readonly string[] = [
  ...['if', 'not', 'dependentSchemas', 'dependencies', 'dependentRequired', 'patternProperties', 'propertyNames'],
  ...['unevaluatedProperties', 'unevaluatedItems', 'contains', '$dynamicRef', '$recursiveRef'],
];

const TYPES: ReadonlySet<unknown> = new Set(['string', 'number', 'integer', 'boolean', 'null', 'array', 'object']);

const OBJECT_WORDS = ['properties', 'required', 'additionalProperties'];
const ARRAY_WORDS = ['items', 'prefixItems'];

/**
 * Returns the kinds of values that `schema` allows; its references are relative to the document `root`. A schema that
 * is empty, invalid or too deep allows `any`.
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

/** Returns the kinds of a schema without references and unions. */
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
  // These keywords do not refuse values of other types, so they are only a hint at the type.
  const hint = has(schema, OBJECT_WORDS) ? 'object' : has(schema, ARRAY_WORDS) ? 'array' : 'any';
  return [{ type: hint, schema, values: null, isExact: hint === 'any' && isExact }];
}

/** Returns a schema with its own reference and `allOf` resolved; its unions stay. */
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

/** Merges two schemas that both apply to a value; `over` wins for a keyword that both have. */
function merged(under: unknown, over: Schema): Schema {
  if (!isObject(under)) return over;
  const both = { ...under, ...over };
  if (isObject(under.properties) && isObject(over.properties))
    both.properties = { ...under.properties, ...over.properties };
  if (Array.isArray(under.required) && Array.isArray(over.required))
    both.required = [...new Set([...under.required, ...over.required])];
  // With `additionalProperties: false`, each of the two schemas would refuse the properties of the other.
  const closed = [under, over].filter(({ additionalProperties }) => additionalProperties === false);
  if (closed.length > 0 && isObject(under.properties) && isObject(over.properties)) both.unevaluatedProperties = true;
  for (const union of ['anyOf', 'oneOf'])
    if (Object.hasOwn(under, union) && Object.hasOwn(over, union)) both.not = true;
  return both;
}

function withTexts(alternative: Alternative, texts: Schema): Alternative {
  return { ...alternative, schema: { ...texts, ...alternative.schema } };
}

/** Whether a keyword restricts values, and does not only describe the schema. */
function isConstraint(key: string): boolean {
  return !['title', 'description', 'default', 'examples', 'deprecated', '$defs', 'definitions', '$schema'].includes(
    key,
  );
}

/** Returns the target of a reference within the document (RFC 6901); undefined if it leads elsewhere. */
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

/** Returns the type of a JSON value; a whole number is an `integer`. */
function typeOf(value: unknown): TypeName {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value as TypeName;
}

/** Whether a JSON value has a JSON Schema type. */
export function isOfType(value: unknown, type: TypeName): boolean {
  const own = typeOf(value);
  return type === 'any' || own === type || (own === 'integer' && type === 'number');
}
