import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv';
import fc from 'fast-check';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { compileFault } from '../../../../src/main/mcp/definitions/compile-fault.ts';

type Json = Readonly<Record<string, unknown>>;

function compiles(schema: Json): boolean {
  try {
    new AjvJsonSchemaValidator().getValidator(schema);
    return true;
  } catch {
    return false;
  }
}

const KEYWORDS = [
  ...['$ref', '$id', 'id', '$anchor', '$schema', '$defs', 'definitions', '$comment', '$dynamicRef', '$dynamicAnchor'],
  ...['not', 'if', 'then', 'else', 'allOf', 'anyOf', 'oneOf', 'propertyNames', 'contains', 'items', 'prefixItems'],
  ...['additionalItems', 'additionalProperties', 'properties', 'patternProperties', 'dependencies', 'required'],
  ...['maximum', 'exclusiveMinimum', 'multipleOf', 'maxLength', 'minItems', 'maxContains', 'uniqueItems', 'enum'],
  ...['const', 'default', 'type', 'nullable', 'pattern', 'format', 'formatMinimum', 'examples', 'title', 'x-unknown'],
  ...['__proto__', 'constructor', 'unevaluatedProperties', 'dependentSchemas', 'discriminator', '$async'],
];

const leaf = fc.oneof(
  fc.constantFrom('#', '#/$defs/a', '#/$defs/b', '#/definitions/a', '#/properties/a', '#/x/y', '#a', 'http://a.b/c'),
  fc.constantFrom('string', 'object', 'array', 'null', 'nope', '[', '^a$', 'a\\-b', '', 'date-time'),
  fc.constantFrom(null, true, false, 0, 2, -1.5),
);

const schemas: fc.Arbitrary<Json> = fc.letrec<{ value: unknown; schema: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    leaf,
    tie('schema'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', '$id', '[', '__proto__'), tie('value'), { maxKeys: 3 }),
  ),
  schema: fc.dictionary(fc.constantFrom(...KEYWORDS), tie('value'), { maxKeys: 3 }),
})).schema;

describe('compileFault', () => {
  // Ajv logs a warning for each unknown format.
  beforeAll(() => void vi.spyOn(console, 'warn').mockImplementation(() => {}));

  it('compileFault() finds a fault in every schema that Ajv does not compile', () => {
    fc.assert(
      fc.property(schemas, (made) => {
        const schema = JSON.parse(JSON.stringify(made)) as Json;
        if (compileFault(schema) === null) expect(compiles(schema)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each<[string, Json]>([
    [
      'an object schema with properties',
      { type: 'object', properties: { a: { type: ['string', 'null'] } }, required: ['a'] },
    ],
    [
      'references between definitions',
      { properties: { a: { $ref: '#/$defs/a' } }, $defs: { a: { items: { $ref: '#/$defs/a' } } } },
    ],
    ['a reference to the root', { properties: { next: { $ref: '#' } } }],
    ['a reference with escapes', { $ref: '#/$defs/a~1b%20c', $defs: { 'a/b c': {} } }],
    ['a reference into an unknown keyword', { $ref: '#/components/a', components: { a: { type: 'string' } } }],
    [
      'a schema of draft 2020-12',
      { $schema: 'https://json-schema.org/draft/2020-12/schema', prefixItems: [{}], $dynamicRef: '#a' },
    ],
    ['a root with an id', { $id: 'https://example.com/a.json', type: 'object' }],
    ['an array of schemas in items', { items: [{ type: 'string' }, true], additionalItems: false }],
    ['properties named like keywords', { properties: { $id: {}, id: {}, $ref: {}, enum: {} } }],
    ['nullable with a type', { properties: { a: { type: 'string', nullable: true } } }],
    ['data that looks like a schema', { default: { $id: 'x', id: 'y' }, enum: [{ $ref: 7 }], const: { type: 'nope' } }],
  ])('compileFault() finds no fault in %s', (_, schema) => {
    expect(compileFault(schema)).toBeNull();
    expect(compiles(schema)).toBe(true);
  });

  it.each<[string, (next: Json) => Json]>([
    ['references to each other', (next) => next],
    ['schemas that refer to each other in properties', (next) => ({ properties: { next } })],
  ])('compileFault() rejects thousands of %s immediately, because they would overflow the stack of Ajv', (_, refer) => {
    const count = 5_000;
    const defs = Array.from({ length: count }, (_unused, index) => [
      `d${index}`,
      index === count - 1 ? {} : refer({ $ref: `#/$defs/d${index + 1}` }),
    ]);
    expect(compileFault({ $ref: '#/$defs/d0', $defs: Object.fromEntries(defs) })).toBe('$ref');
  });

  it('compileFault() finds a fault in a nested asynchronous schema, which Ajv does not compile', () => {
    const schema = { properties: { a: { $async: true, type: 'string' } } };
    expect(compiles(schema)).toBe(false);
    expect(compileFault(schema)).toBe('$async');
  });

  it('compileFault() names the keyword that has the fault', () => {
    expect(compileFault({ properties: { a: { pattern: '[' } } })).toBe('pattern');
    expect(compileFault({ properties: { a: { $ref: '#/$defs/b' } } })).toBe('$ref');
  });
});
