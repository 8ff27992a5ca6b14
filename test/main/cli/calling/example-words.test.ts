import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exampleWords } from '../../../../src/main/cli/calling/example-words.ts';
import { createFileReader, readArguments } from '../../../../src/main/cli/calling/read-arguments.ts';
import type { Schema } from '../../../../src/main/cli/schema/alternatives.ts';
import { exampleValue } from '../../../../src/main/cli/schema/example-value.ts';

const scalar = fc.oneof(
  fc.record({ type: fc.constantFrom('string', 'number', 'integer', 'boolean', 'null') }),
  fc.record({ enum: fc.uniqueArray(fc.oneof(fc.string(), fc.integer()), { minLength: 1, maxLength: 4 }) }),
  fc.record({ type: fc.constant('string'), default: fc.string() }),
  fc.record({ type: fc.constant('string'), format: fc.constantFrom('uri', 'email', 'date', 'uuid') }),
  fc.record({ type: fc.constant('integer'), minimum: fc.integer({ min: -50, max: 50 }) }),
  fc.record({ type: fc.constant(['string', 'null']) }),
  fc.record({ type: fc.constant('number'), examples: fc.array(fc.integer(), { minLength: 1, maxLength: 1 }) }),
  fc.constant({}),
);

const { schema: schemas } = fc.letrec<{ schema: object }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3 },
    scalar,
    fc.record({ type: fc.constant('array'), items: tie('schema') }),
    fc.dictionary(fc.string({ minLength: 1, maxLength: 6 }), tie('schema'), { maxKeys: 3 }).map((properties) => ({
      type: 'object',
      properties,
      required: Object.keys(properties),
    })),
    fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
  ),
}));

describe('exampleWords', () => {
  it('exampleWords() returns example arguments that parse to the example values and pass the argument check', async () => {
    const readFile = createFileReader();
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), schemas, { maxKeys: 4 }),
        async (properties) => {
          const schema: Schema = { type: 'object', properties, required: Object.keys(properties) };
          const read = await readArguments(
            { words: exampleWords(schema), form: null, documents: [] },
            schema,
            readFile,
          );
          expect(read.problems).toEqual([]);
          expect(read.args).toEqual(exampleValue(schema, schema));
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each<[object, readonly string[]]>([
    [{ a: { type: 'string' } }, ['a=text']],
    [{ a: { type: 'string', default: '@home' } }, ['a:="@home"']],
    [{ a: { type: 'array', items: { type: 'string' } } }, ['a:=["text"]']],
    [{ 'a b': { type: 'number', exclusiveMinimum: 4, maximum: 5 } }, ['{"a b":5}']],
    [{ a: { type: 'number', multipleOf: 0.5, minimum: 2 } }, ['a=2']],
  ])('exampleWords() turns the schema properties %j into the example arguments %j', (properties, expected) => {
    expect(exampleWords({ type: 'object', properties, required: Object.keys(properties) })).toEqual(expected);
  });
});
