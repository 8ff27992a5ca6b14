import { describe, expect, it } from 'vitest';
import { checkArguments, doubtfulArguments } from '../../../../src/main/cli/calling/check-arguments.ts';

const WEATHER = {
  type: 'object',
  properties: {
    city: { type: 'string' },
    days: { type: 'integer' },
    unit: { enum: ['C', 'F'] },
    place: { type: 'object', properties: { lat: { type: 'number' } }, required: ['lat'], additionalProperties: false },
  },
  required: ['city'],
};

const said = (args: Record<string, unknown>, schema: object, typed: readonly string[] = []) =>
  checkArguments(args, schema as Record<string, unknown>, { typed: new Set(typed) }).map(
    ({ path, text }) => `${path.join('.')} ${text}`,
  );

describe('checkArguments', () => {
  it.each<[Record<string, unknown>, readonly string[]]>([
    [{ city: 'Bern' }, []],
    [{}, ['city is missing']],
    [{ city: 5 }, ['city must be a string, not 5']],
    [{ city: 'x', days: 1.5 }, ['days must be a whole number, not 1.5']],
    [{ city: 'x', unit: 'K' }, ['unit must be one of C, F, not "K"']],
    [{ city: 'x', place: {} }, ['place.lat is missing']],
    [{ city: 'x', place: { lat: 1, lng: 2 } }, ['place.lng is not known']],
    [{ city: 'x', other: 1 }, []],
  ])('checkArguments() reports exactly the certain violations of the schema in the arguments %j', (args, expected) => {
    expect(said(args, WEATHER)).toEqual(expected);
  });

  it('checkArguments() reports unknown arguments if the schema forbids them, and suggests similar names', () => {
    const closed = { ...WEATHER, additionalProperties: false };
    expect(said({ city: 'x', citty: 1, zzzzzz: 1 }, closed)).toEqual([
      'citty is not known; did you mean city?',
      'zzzzzz is not known',
    ]);
  });

  it('checkArguments() reports a misspelled name in `key=value`, but accepts an unknown member of a JSON object', () => {
    expect(said({ city: 'x', dayz: 1 }, WEATHER, ['dayz'])).toEqual(['dayz is not known; did you mean days?']);
    expect(said({ city: 'x', dayz: 1 }, WEATHER)).toEqual([]);
    expect(said({ city: 'x', dayz: 1 }, { ...WEATHER, additionalProperties: true }, ['dayz'])).toEqual([]);
    expect(doubtfulArguments({ city: 'x', other: 1 }, WEATHER)).toEqual(['other']);
    expect(doubtfulArguments({ other: 1 }, { type: 'object' })).toEqual([]);
  });

  it.each<[string, object, Record<string, unknown>]>([
    ['a condition (if)', { ...WEATHER, if: {}, required: ['city'] }, { city: 'x', dayz: 1 }],
    ['patternProperties', { type: 'object', patternProperties: { '^x': {} }, additionalProperties: false }, { xa: 1 }],
    [
      'several forms (anyOf)',
      {
        properties: {
          a: {
            anyOf: [
              { type: 'object', required: ['x'] },
              { type: 'object', required: ['y'] },
            ],
          },
        },
        type: 'object',
      },
      { a: {} },
    ],
    ['a reference to another document', { type: 'object', properties: { a: { $ref: 'other.json' } } }, { a: 1 }],
    [
      'allOf parts that forbid the properties of each other',
      {
        allOf: [
          { type: 'object', properties: { a: {} }, additionalProperties: false },
          { type: 'object', properties: { b: {} } },
        ],
      },
      { a: 1, b: 1 },
    ],
    ['no type for a property', { properties: { a: { required: ['x'] } }, type: 'object' }, { a: 5 }],
  ])('checkArguments() leaves validation to the server if the schema has %s', (_, schema, args) => {
    expect(said(args, schema, Object.keys(args))).toEqual([]);
  });

  it('if the schema is a union of objects, checkArguments() checks only what all objects of the union require', () => {
    const form = (name: string) => ({
      type: 'object',
      properties: { kind: { const: name }, [name]: {} },
      required: ['kind', name],
    });
    const schema = { anyOf: [form('a'), form('b')] };
    expect(said({ a: 1 }, schema)).toEqual(['kind is missing']);
    expect(said({ kind: 'c', a: 1 }, schema)).toEqual(['kind must be one of a, b, not "c"']);
  });
});
