import { isObject, type JsonObject } from '../json-rpc.ts';

/**
 * Returns why a client may fail to compile a schema, or null if every client can compile it. When the official SDK 1.x
 * lists tools, it compiles all their output schemas with Ajv for draft 7. If one of them fails, it rejects the whole
 * list. Running Ajv here would take too long. Instead, this function looks for what makes Ajv throw, and also reports
 * schemas for which the result is uncertain.
 */
export function compileFault(schema: JsonObject): string | null {
  return new SchemaWalk(schema).fault();
}

/** Whether the value of one keyword compiles. The third argument is the schema that contains the keyword. */
type Keyword = (value: unknown, walk: SchemaWalk, schema: JsonObject) => boolean;

const TYPES: ReadonlySet<unknown> = new Set(['string', 'number', 'integer', 'boolean', 'null', 'object', 'array']);

/** Types for which `nullable` does not matter. */
const PLAIN_TYPES: ReadonlySet<unknown> = new Set(['string', 'number', 'integer', 'boolean', 'object', 'array']);

/**
 * Maximum length of a chain of references, and maximum number of referenced schemas. Ajv recurses for each reference,
 * so too many references overflow its stack.
 */
const MAX_CHAIN = 16;
const MAX_TARGETS = 100;

/** Maximum number of schemas that are checked within one schema. A schema that contains more is reported as a fault. */
const MAX_SCHEMAS = 10_000;

class SchemaWalk {
  readonly #root: JsonObject;
  /** Schemas that references point to. Each of them is checked once, after the root. */
  readonly #targets = new Set<object>();
  #count = 0;
  #keyword: string | null = null;

  constructor(root: JsonObject) {
    this.#root = root;
  }

  /** Returns the first keyword that might not compile, or null if all keywords certainly compile. */
  fault(): string | null {
    let isFine = this.isSchema(this.#root);
    // Referenced schemas are checked here, because checking them where they are found would need recursion. The loop
    // also visits the schemas that are added to the set while it runs.
    for (const target of this.#targets) isFine = isFine && this.isSchema(target);
    return isFine ? null : (this.#keyword ?? 'its size');
  }

  isRoot(holder: JsonObject): boolean {
    return holder === this.#root;
  }

  isSchema(value: unknown): boolean {
    if (typeof value === 'boolean') return true;
    if (!isObject(value)) return false;
    this.#count += 1;
    if (this.#count > MAX_SCHEMAS) return false;
    for (const name in value) {
      const member = value[name];
      // Fast path for the keywords that occur most often.
      if (typeof member === 'string' && (name === 'description' || (name === 'type' && PLAIN_TYPES.has(member))))
        continue;
      const check = KEYWORDS.get(name) ?? isPlain;
      if (check(member, this, value)) continue;
      this.#keyword ??= KEYWORDS.has(name) ? name : 'an unknown keyword';
      return false;
    }
    return true;
  }

  areSchemas(members: JsonObject): boolean {
    for (const name in members) if (!this.isSchema(members[name])) return false;
    return true;
  }

  /** Whether a reference leads to a schema within the root schema. False for a cycle or a long chain of references. */
  isReference(reference: string): boolean {
    let next: unknown = reference;
    for (let length = 0; length < MAX_CHAIN; length += 1) {
      const target = typeof next === 'string' ? this.#target(next) : undefined;
      if (typeof target === 'boolean') return true;
      if (!isObject(target)) return false;
      this.#targets.add(target);
      if (this.#targets.size > MAX_TARGETS) return false;
      if (!Object.hasOwn(target, '$ref')) return true;
      next = target.$ref;
    }
    return false;
  }

  /** Resolves a JSON pointer in a URI fragment (RFC 6901 section 6). */
  #target(reference: string): unknown {
    if (reference === '#') return this.#root;
    if (!reference.startsWith('#/') || !isDecodable(reference)) return undefined;
    let target: unknown = this.#root;
    for (const part of reference.slice(2).split('/')) {
      const name = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
      if (typeof target !== 'object' || target === null || !Object.hasOwn(target, name)) return undefined;
      target = Reflect.get(target, name);
    }
    return target;
  }
}

function isDecodable(text: string): boolean {
  try {
    return decodeURIComponent(text) !== '';
  } catch {
    return false;
  }
}

function isPattern(value: unknown): boolean {
  try {
    return typeof value === 'string' && new RegExp(value, 'u').source !== '';
  } catch {
    return false;
  }
}

/** Whether the value of an unknown keyword contains no `$id` and no anchor. Ajv searches for these in all values. */
function isPlain(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isPlain);
  if (!isObject(value)) return true;
  return Object.entries(value).every(([name, member]) => {
    const isName = NAMING.has(name) && typeof member === 'string';
    return !isName && isPlain(member);
  });
}

const NAMING: ReadonlySet<string> = new Set(['$id', '$anchor', '$dynamicAnchor']);

const schema: Keyword = (value, walk) => walk.isSchema(value);
const schemas: Keyword = (value, walk) =>
  Array.isArray(value) && value.length > 0 && value.every((item) => walk.isSchema(item));
const schemaMap: Keyword = (value, walk) => isObject(value) && walk.areSchemas(value);
const number: Keyword = (value) => Number.isFinite(value);
const anything: Keyword = () => true;
const never: Keyword = () => false;
const strings: Keyword = (value) => Array.isArray(value) && value.every((item) => typeof item === 'string');

const type: Keyword = (value, _, { nullable }) => {
  const types: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (types.length === 0 || !types.every((item) => TYPES.has(item))) return false;
  return !(types.includes('null') && nullable === false);
};

/** The check for each keyword that Ajv evaluates. */
const KEYWORDS: ReadonlyMap<string, Keyword> = new Map<string, Keyword>([
  ['$ref', (value, walk) => typeof value === 'string' && walk.isReference(value)],
  ['$id', (value, walk, holder) => walk.isRoot(holder) && typeof value === 'string' && isPlainUrl(value)],
  ['id', never],
  // Ajv rejects an asynchronous schema within another schema.
  ['$async', (value) => value === false],
  ...['formatMinimum', 'formatMaximum', 'formatExclusiveMinimum', 'formatExclusiveMaximum'].map(pair(never)),
  ...['$anchor', '$dynamicAnchor'].map(pair(never)),
  ...['not', 'if', 'then', 'else', 'propertyNames', 'contains', 'additionalItems', 'additionalProperties'].map(
    pair(schema),
  ),
  ...['allOf', 'anyOf', 'oneOf'].map(pair(schemas)),
  ...['properties', '$defs', 'definitions'].map(pair(schemaMap)),
  ['patternProperties', (value, ...rest) => schemaMap(value, ...rest) && Object.keys(Object(value)).every(isPattern)],
  [
    'items',
    (value, ...rest) =>
      schema(value, ...rest) || (Array.isArray(value) && value.every((item) => schema(item, ...rest))),
  ],
  [
    'dependencies',
    (value, ...rest) =>
      isObject(value) && Object.values(value).every((one) => strings(one, ...rest) || schema(one, ...rest)),
  ],
  ...['maximum', 'minimum', 'exclusiveMaximum', 'exclusiveMinimum', 'multipleOf'].map(pair(number)),
  ...['maxLength', 'minLength', 'maxItems', 'minItems', 'maxProperties', 'minProperties'].map(pair(number)),
  ...['maxContains', 'minContains'].map(pair(number)),
  ['required', strings],
  ['uniqueItems', (value) => typeof value === 'boolean'],
  ['enum', (value) => Array.isArray(value) && value.length > 0],
  ...['const', 'default'].map(pair(anything)),
  ['type', type],
  ['nullable', (value, _, holder) => typeof value === 'boolean' && Object.hasOwn(holder, 'type')],
  ['pattern', isPattern],
  ['format', (value) => typeof value === 'string'],
]);

function isPlainUrl(text: string): boolean {
  return URL.canParse(text) && !text.includes('#');
}

function pair(check: Keyword): (name: string) => readonly [string, Keyword] {
  return (name) => [name, check];
}
