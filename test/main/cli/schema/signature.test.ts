import { describe, expect, it } from 'vitest';
import { functionLines, signatureText } from '../../../../src/main/cli/schema/signature.ts';
import { typeText } from '../../../../src/main/cli/schema/type-text.ts';

describe('signatureText', () => {
  it('signatureText() shows the description, parameters, result and annotations of a tool', () => {
    const text = signatureText(
      {
        name: 'weather.get',
        description: 'The weather\n\nof a place',
        inputSchema: {
          type: 'object',
          properties: {
            days: { type: 'integer', minimum: 1, maximum: 7, default: 3, description: 'How far\nto look' },
            city: { type: 'string' },
          },
          required: ['city'],
        },
        outputSchema: { type: 'object', properties: { sky: { enum: ['clear', 'grey'] } }, required: ['sky'] },
        annotations: { readOnlyHint: true, openWorldHint: true },
      },
      { width: 100 },
    );
    expect(text).toBe(
      [
        '/**',
        ' * The weather',
        ' *',
        ' * of a place',
        ' *',
        ' * @param days How far to look (a whole number, at least 1, at most 7, defaults to 3)',
        ' */',
        'weather.get(city: string, days?: number): { sky: "clear" | "grey" }',
        '// read-only, open world',
      ].join('\n'),
    );
  });

  it('functionLines() puts each parameter on its own line if the terminal is narrow or a parameter has a note', () => {
    const tool = {
      name: 't',
      description: '',
      inputSchema: {
        type: 'object',
        properties: { first: { type: 'string' }, b: { type: 'number' } },
        required: ['b'],
      },
    };
    expect(functionLines(tool, { width: 20 })).toEqual(['t(', '  b: number,', '  first?: string,', ')']);
    expect(functionLines(tool, { width: 100, marks: new Map([['b', 'is missing']]) })).toEqual([
      't(',
      '  b: number,       ← is missing',
      '  first?: string,',
      ')',
    ]);
  });

  it('signatureText() escapes a description that would end the comment early', () => {
    const tool = { name: 't', description: 'a */ b', inputSchema: {}, annotations: { destructiveHint: true } };
    expect(signatureText(tool, { width: 80 })).toBe('/**\n * a *\\/ b\n */\nt()\n// destructive');
  });
});

describe('typeText', () => {
  const root = {
    $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' }, 'a-b': { type: 'null' } } } },
  };

  it.each<[unknown, string]>([
    [{ type: ['string', 'null'] }, 'string | null'],
    [{ type: 'array', items: { anyOf: [{ type: 'string' }, { type: 'number' }] } }, '(string | number)[]'],
    [{ type: 'array' }, 'unknown[]'],
    [{ type: 'object', additionalProperties: { type: 'boolean' } }, 'Record<string, boolean>'],
    [{ type: 'array', prefixItems: [{ type: 'string' }, {}] }, '[string, unknown]'],
    [{ const: 'x' }, '"x"'],
    [{}, 'unknown'],
    [undefined, 'unknown'],
    [{ $ref: '#/$defs/node' }, '{ next?: { next?: { next?: object; "a-b"?: null }; "a-b"?: null }; "a-b"?: null }'],
  ])('typeText() renders the schema %j as %s', (schema, expected) => {
    expect(typeText(schema, root)).toBe(expected);
  });
});
