import { hash } from 'node:crypto';
import { isObject, type JsonObject } from '../../../mcp/json-rpc.ts';
import { arrayType } from './array-type.ts';
import { literalType, literalUnion } from './literal-type.ts';
import { isObjectSchema, objectType } from './object-type.ts';
import { ReferenceGraph } from './reference-graph.ts';
import type { SchemaReader } from './schema-reader.ts';
import { SchemaReferences } from './schema-references.ts';
import { atom, intersectionOf, MAX_WIDTH, NEVER, type TypeText, UNKNOWN, unionOf } from './type-text.ts';

/** Maximum number of schemas read from one schema, including references; the rest is `unknown`. */
const MAX_SCHEMAS = 20_000;

/** Maximum depth of a type, since compilers and readers fail on very deep ones. */
const MAX_DEPTH = 48;

/** Drafts before 2019-09 ignore all keywords next to `$ref` (draft-07, section 8.3). */
const OLD_DRAFT = /^https?:\/\/json-schema\.org\/draft-0[3467]\//;

const PRIMITIVES: ReadonlyMap<string, TypeText> = new Map([
  ['string', atom('string')],
  ['number', atom('number')],
  ['integer', atom('number')],
  ['boolean', atom('boolean', 2)],
  ['null', atom('null')],
]);

/** Receives the name and the text of each type that a schema refers to, once for each type. */
export type Declare = (name: string, type: string) => void;

/**
 * Writes a JSON Schema (2020-12 or draft-07) as a TypeScript type. Constraints that types cannot express, such as a
 * pattern, are left out, so that the type may allow more than the schema does. References become types of their own,
 * which are passed to `declare`; references out of the schema become `unknown`.
 */
export class SchemaTypes {
  /** Distinguishes type names of this schema from those of other schemas. */
  readonly #owner: string;
  readonly #declare: Declare;
  readonly #references: SchemaReferences;
  readonly #isOldDraft: boolean;
  readonly #graph = new ReferenceGraph();
  /** Declared types by place. */
  readonly #declared = new Map<string, { readonly name: string; width: number }>();
  #left = MAX_SCHEMAS;
  #depth = 0;

  constructor(owner: string, root: unknown, declare: Declare) {
    this.#owner = owner;
    this.#declare = declare;
    this.#references = new SchemaReferences(root);
    this.#isOldDraft = isObject(root) && typeof root.$schema === 'string' && OLD_DRAFT.test(root.$schema);
  }

  /** Returns the type of a schema of this document. */
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
    // OpenAPI 3.0, which several servers use.
    return nullable === true ? unionOf([type, atom('null')]) : type;
  }

  /** Returns the type that `const`, `enum` and `type` give, with the keywords of objects and arrays. */
  #ownType(schema: JsonObject): TypeText {
    if (Object.hasOwn(schema, 'const')) return literalType(schema.const);
    if (Array.isArray(schema.enum)) return literalUnion(schema.enum);
    const { type } = schema;
    if (Array.isArray(type)) return unionOf(type.map((kind) => this.#kind(kind, schema)));
    if (typeof type === 'string') return this.#kind(type, schema);
    // Many schemas omit the type that their keywords imply.
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
    // `type A = A | string` is an error.
    if (!this.#graph.add(place)) return UNKNOWN;
    const known = this.#declared.get(place);
    if (known !== undefined) return atom(known.name, known.width);
    // Until its width is known, the type counts as wide, so that it combines with no other wide type.
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

  /** Returns a name that depends on the schema alone, so that adding a tool changes no other name. */
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
