import { hash } from 'node:crypto';
import { isObject, type JsonObject } from '../../../mcp/json-rpc.ts';
import { arrayType } from './array-type.ts';
import { literalType, literalUnion } from './literal-type.ts';
import { isObjectSchema, objectType } from './object-type.ts';
import { ReferenceGraph } from './reference-graph.ts';
import type { SchemaReader } from './schema-reader.ts';
import { SchemaReferences } from './schema-references.ts';
import { atom, intersectionOf, MAX_WIDTH, NEVER, type TypeText, UNKNOWN, unionOf } from './type-text.ts';

/**
 * Maximum number of subschemas that are converted for one schema, including targets of references. All others become
 * `unknown`.
 */
const MAX_SCHEMAS = 20_000;

/** Maximum nesting of a type, because compilers and readers cannot handle very deep types. */
const MAX_DEPTH = 48;

/** The `$schema` of drafts in which all keywords next to `$ref` are ignored (draft-07, section 8.3). */
const OLD_DRAFT = /^https?:\/\/json-schema\.org\/draft-0[3467]\//;

const PRIMITIVES: ReadonlyMap<string, TypeText> = new Map([
  ['string', atom('string')],
  ['number', atom('number')],
  ['integer', atom('number')],
  ['boolean', atom('boolean', 2)],
  ['null', atom('null')],
]);

/** Called once for each type alias that a schema needs, with the name and the text of the type. */
export type Declare = (name: string, type: string) => void;

/**
 * Converts a JSON Schema (2020-12 or draft-07) to a TypeScript type. A type cannot express some constraints, such as a
 * pattern, so it may allow more values than the schema. The target of a reference becomes a type alias, which is passed
 * to `declare`. A reference to another document becomes `unknown`.
 */
export class SchemaTypes {
  /** Part of the hash in the names of type aliases, so that equal references of two schemas get different names. */
  readonly #owner: string;
  readonly #declare: Declare;
  readonly #references: SchemaReferences;
  readonly #isOldDraft: boolean;
  readonly #graph = new ReferenceGraph();
  /** Type aliases by the key of their schema. */
  readonly #declared = new Map<string, { readonly name: string; width: number }>();
  #left = MAX_SCHEMAS;
  #depth = 0;

  constructor(owner: string, root: unknown, declare: Declare) {
    this.#owner = owner;
    this.#declare = declare;
    this.#references = new SchemaReferences(root);
    this.#isOldDraft = isObject(root) && typeof root.$schema === 'string' && OLD_DRAFT.test(root.$schema);
  }

  /** Returns the type for a schema that is part of this document. */
  typeOf(schema: unknown): TypeText {
    if (schema === false) return NEVER;
    if (!isObject(schema) || this.#left <= 0 || this.#depth >= MAX_DEPTH) return UNKNOWN;
    this.#left -= 1;
    this.#depth += 1;
    try {
      return this.#read(schema);
    } finally {
      this.#depth -= 1;
    }
  }

  #read(schema: JsonObject): TypeText {
    const reference = [schema.$ref, schema.$dynamicRef, schema.$recursiveRef].find((it) => typeof it === 'string');
    const referred = typeof reference === 'string' ? this.#referred(reference) : UNKNOWN;
    if (this.#isOldDraft && reference !== undefined) return referred;
    const { allOf, anyOf, oneOf, not, nullable } = schema;
    const parts = [referred, this.#ownType(schema), ...listed(allOf).map((part) => this.typeOf(part))];
    for (const choices of [anyOf, oneOf])
      if (Array.isArray(choices)) parts.push(unionOf(choices.map((choice) => this.typeOf(choice))));
    if (not === true || (isObject(not) && Object.keys(not).length === 0)) parts.push(NEVER);
    const type = intersectionOf(parts);
    // `nullable` is a keyword of OpenAPI 3.0, which several servers use.
    return nullable === true ? unionOf([type, atom('null')]) : type;
  }

  /**
   * Returns the type for the keywords `const`, `enum` and `type`, and for the keywords of objects and arrays.
   * References and unions are not considered.
   */
  #ownType(schema: JsonObject): TypeText {
    if (Object.hasOwn(schema, 'const')) return literalType(schema.const);
    if (Array.isArray(schema.enum)) return literalUnion(schema.enum);
    const { type } = schema;
    if (Array.isArray(type)) return unionOf(type.map((kind) => this.#kind(kind, schema)));
    if (typeof type === 'string') return this.#kind(type, schema);
    // Many schemas have keywords for objects or arrays, but no `type`.
    if (isObjectSchema(schema)) return this.#kind('object', schema);
    return schema.items === undefined && schema.prefixItems === undefined ? UNKNOWN : this.#kind('array', schema);
  }

  #kind(kind: unknown, schema: JsonObject): TypeText {
    if (kind === 'object') return objectType(schema, this.#reader);
    if (kind === 'array') return arrayType(schema, this.#reader);
    return (typeof kind === 'string' ? PRIMITIVES.get(kind) : undefined) ?? UNKNOWN;
  }

  readonly #reader: SchemaReader = {
    within: (schema) => this.#graph.within(() => this.typeOf(schema)),
  };

  #referred(reference: string): TypeText {
    const target = this.#references.find(reference);
    if (target === null) return UNKNOWN;
    const { place, schema } = target;
    // A cycle of type aliases, such as `type A = A | string`, does not compile.
    if (!this.#graph.add(place)) return UNKNOWN;
    const known = this.#declared.get(place);
    if (known !== undefined) return atom(known.name, known.width);
    // The width is not known until the alias is written. Until then, the maximum prevents an intersection that is too
    // wide.
    const declared = { name: this.#nameOf(place), width: MAX_WIDTH };
    this.#declared.set(place, declared);
    const depth = this.#depth;
    this.#depth = 0;
    const type = this.#graph.from(place, () => this.typeOf(schema));
    this.#depth = depth;
    declared.width = type.width;
    this.#declare(declared.name, type.text);
    return atom(declared.name, type.width);
  }

  /**
   * Returns the name of a type alias. The name depends only on this schema, so it stays the same when tools are added.
   */
  #nameOf(place: string): string {
    const last = /[^/#]*$/.exec(place)?.[0] ?? '';
    const words = last.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
    const readable = words
      .map((word) => `${word[0]?.toUpperCase()}${word.slice(1)}`)
      .join('')
      .slice(0, 40);
    return `Schema${readable}_${hash('sha256', JSON.stringify([this.#owner, place])).slice(0, 12)}`;
  }
}

function listed(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
