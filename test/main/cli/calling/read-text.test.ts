import { describe, expect, it } from 'vitest';
import { readText } from '../../../../src/main/cli/calling/read-text.ts';
import type { Schema } from '../../../../src/main/cli/schema/alternatives.ts';

const ROOT: Schema = {
  $defs: {
    id: { type: 'string' },
    count: { type: 'integer' },
    tree: { type: 'array', items: { $ref: '#/$defs/tree' } },
  },
};

const read = (text: string, schema: unknown): unknown => {
  const reading = readText(text, schema, ROOT);
  return 'value' in reading ? reading.value : reading;
};

describe('readText', () => {
  it.each<[string, unknown, unknown]>([
    ['5', { type: 'number' }, 5],
    ['-2.5e3', { type: 'number' }, -2500],
    ['5', { type: 'string' }, '5'],
    ['true', { type: 'string' }, 'true'],
    ['{"a":1}', { type: 'string' }, '{"a":1}'],
    ['true', { type: 'boolean' }, true],
    ['null', { type: ['string', 'null'] }, null],
    ['null', { type: 'string' }, 'null'],
    ['null', { type: 'string', nullable: true }, null],
    ['7', { anyOf: [{ type: 'string' }, { type: 'number' }] }, 7],
    ['007', { anyOf: [{ type: 'string' }, { type: 'number' }] }, '007'],
    ['text', { anyOf: [{ type: 'string' }, { type: 'number' }] }, 'text'],
    ['5', { enum: ['5', 6] }, '5'],
    ['6', { enum: ['5', 6] }, 6],
    ['x', { const: 'x' }, 'x'],
    ['9', { $ref: '#/$defs/id' }, '9'],
    ['9', { $ref: '#/$defs/count' }, 9],
    ['9', { allOf: [{ $ref: '#/$defs/count' }, { minimum: 1 }] }, 9],
    ['a,b', { type: 'array', items: { type: 'string' } }, ['a', 'b']],
    ['1, 2', { type: 'array', items: { type: 'number' } }, [1, 2]],
    ['["a,b"]', { type: 'array', items: { type: 'string' } }, ['a,b']],
    ['', { type: 'array', items: { type: 'string' } }, []],
    ['', { type: 'string' }, ''],
    ['{"a":1}', { type: 'array', items: { type: 'object' } }, [{ a: 1 }]],
    ['x,2', { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }] }, ['x', 2]],
    ['a,b', { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] }, 'a,b'],
    ['["a"]', { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] }, ['a']],
    ['{"a":1}', { type: 'object' }, { a: 1 }],
    ['{"a":1}', {}, { a: 1 }],
    ['5', true, 5],
    ['text', undefined, 'text'],
    ['12345678901234567890', {}, '12345678901234567890'],
    ['5', { type: 'string', format: 'date', not: {} }, '5'],
    ['[]', { $ref: '#/$defs/tree' }, []],
    ['5', { $ref: 'https://elsewhere.example/schema' }, 5],
    ['5', { $ref: '#/$defs/none' }, 5],
  ])('readText() converts the string %j with the schema %j to %j', (text, schema, expected) => {
    expect(read(text, schema)).toEqual(expected);
  });

  it.each<[string, unknown, string]>([
    ['soon', { type: 'number' }, 'a number'],
    ['1.5', { type: 'integer' }, 'a whole number'],
    ['yes', { type: 'boolean' }, 'true or false'],
    ['green', { enum: ['red', 'blue'] }, 'one of red, blue'],
    ['x', { type: 'object' }, 'a JSON object'],
    ['1,x', { type: 'array', items: { type: 'number' } }, 'a list in which each item is a number'],
    ['x', { type: ['number', 'null'] }, 'a number or null'],
    [
      '9007199254740993',
      { type: 'integer' },
      'a number that JavaScript can represent exactly; this one would be sent as another number',
    ],
  ])('readText() reports the expected type if the string %j does not match the schema %j', (text, schema, mustBe) => {
    expect(read(text, schema)).toEqual({ mustBe });
  });

  it('readText() terminates for schemas that refer to themselves', () => {
    const root: Schema = { $ref: '#', $defs: { a: { allOf: [{ $ref: '#/$defs/a' }] } } };
    expect(readText('5', root, root)).toEqual({ value: 5 });
    expect(readText('5', { $ref: '#/$defs/a' }, root)).toEqual({ value: 5 });
  });
});
