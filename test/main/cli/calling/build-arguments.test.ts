import { describe, expect, it } from 'vitest';
import { buildArguments, type Given } from '../../../../src/main/cli/calling/build-arguments.ts';

const SCHEMA = {
  type: 'object',
  properties: {
    tags: { type: 'array', items: { type: 'string' } },
    filter: { type: 'object', properties: { limit: { type: 'integer' }, label: { type: 'string' } } },
    rows: { type: 'array', items: { type: 'object', properties: { id: { type: 'string' } } } },
    'a.b': { type: 'number' },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    city: { type: 'string' },
  },
};

const build = (...given: readonly (readonly [string, string])[]) =>
  buildArguments(
    given.map(([key, text]): Given => ({ key, text })),
    SCHEMA,
  ).args;

describe('buildArguments', () => {
  it('buildArguments() converts each string to the type in the schema, including inside objects and lists', () => {
    expect(
      build(
        ['filter.limit', '5'],
        ['filter.label', '5'],
        ['rows[0].id', '7'],
        ['rows.1.id', '8'],
        ['a.b', '1'],
        ['labels.x', '1'],
      ),
    ).toEqual({
      filter: { limit: 5, label: '5' },
      rows: [{ id: '7' }, { id: '8' }],
      'a.b': 1,
      labels: { x: '1' },
    });
  });

  it('buildArguments() collects the values of a repeated key into a list, and does not split them at commas', () => {
    expect(build(['tags', 'a,b'], ['tags', 'c'])).toEqual({ tags: ['a,b', 'c'] });
    expect(build(['free', '1'], ['free', 'x'])).toEqual({ free: [1, 'x'] });
    expect(() => build(['city', 'a'], ['city', 'b'])).toThrow('city is given 2 times, but it takes only one value');
  });

  it('buildArguments() adds arguments to a JSON object, and keeps the other members of the object', () => {
    const base = { city: 'Bern', filter: { limit: 1 } };
    const { args } = buildArguments([{ key: 'filter.label', text: 'x' }], SCHEMA, base);
    expect(args).toEqual({ city: 'Bern', filter: { limit: 1, label: 'x' } });
    expect(base.filter).toEqual({ limit: 1 });
  });

  it('buildArguments() never changes the prototype of an object', () => {
    const args = build(['__proto__.polluted', 'yes'], ['constructor.name', 'x']);
    expect(Object.hasOwn(args, '__proto__')).toBe(true);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('buildArguments() rejects keys that contradict each other, skip a list item or begin with a dot', () => {
    expect(() => build(['x', '1'], ['x.y', '2'])).toThrow(/x\.y contradicts another argument/);
    expect(() => build(['rows[3].id', '1'])).toThrow(/the items before it are missing/);
    expect(() => build(['.x', '1'])).toThrow(/is not the name of an argument/);
  });

  it('buildArguments() reports each string that it cannot convert, with the path of the argument', () => {
    const { problems } = buildArguments([{ key: 'filter.limit', text: 'soon' }], SCHEMA);
    expect(problems).toEqual([{ path: ['filter', 'limit'], kind: 'type', text: 'must be a whole number, not "soon"' }]);
  });
});
