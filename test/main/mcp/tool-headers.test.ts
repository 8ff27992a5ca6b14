import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeHeaderValue } from '../../../src/main/mcp/header-value.ts';
import { paramHeaders, toolHeaders } from '../../../src/main/mcp/tool-headers.ts';

const toolOf = (inputSchema: object) => ({ name: 'tool', inputSchema: inputSchema as Record<string, unknown> });
const declaring = (schema: object) => toolOf({ type: 'object', properties: { value: schema } });

describe('Mcp-Param header value', () => {
  it.each(['us-west1', 'us west 1', '42', 'a\tb'])('the Mcp-Param header contains the value %j unchanged', (text) => {
    expect(encodeHeaderValue(text)).toBe(text);
  });

  it.each(['', ' padded', 'padded ', 'a\nb', 'a\r\nb', 'Hello, 世界', '=?base64?eA==?=', '\u007f', '\tindented'])(
    'the Mcp-Param header contains the value %j in encoded form',
    (text) => {
      const encoded = /^=\?base64\?(.*)\?=$/.exec(encodeHeaderValue(text))?.[1] ?? '';
      expect(Buffer.from(encoded, 'base64').toString()).toBe(text);
    },
  );

  it('the value of an Mcp-Param header is always valid in HTTP, and can be decoded', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const value = encodeHeaderValue(text);
        expect(value).toMatch(/^[\t\x20-\x7e]+$/);
        const encoded = /^=\?base64\?(.*)\?=$/.exec(value)?.[1];
        expect(encoded === undefined ? value : Buffer.from(encoded, 'base64').toString()).toBe(text);
      }),
    );
  });
});

describe('Mcp-Param headers of a tool', () => {
  const nested = toolOf({
    type: 'object',
    properties: {
      region: { type: 'string', 'x-mcp-header': 'Region' },
      limits: { type: 'object', properties: { rows: { type: 'integer', 'x-mcp-header': 'Rows' } } },
      dry: { type: 'boolean', 'x-mcp-header': 'Dry-Run' },
      query: { type: 'string' },
    },
  });

  it('the Mcp-Param headers of a tool contain the declared arguments at any depth, and no other arguments', () => {
    expect(paramHeaders(nested, { region: 'eu', limits: { rows: 5 }, dry: false, query: 'x' })).toEqual([
      'Mcp-Param-Region',
      'eu',
      'Mcp-Param-Rows',
      '5',
      'Mcp-Param-Dry-Run',
      'false',
    ]);
  });

  it.each([{ region: null }, {}, { region: { deep: 1 } }, { limits: 'no object' }, { limits: { rows: 2 ** 60 } }])(
    'the Mcp-Param headers of a tool leave out arguments without a usable value: %j',
    (args) => {
      expect(paramHeaders(nested, args)).toEqual([]);
    },
  );

  it('a property that is named `x-mcp-header` declares no Mcp-Param header', () => {
    const tool = toolOf({
      type: 'object',
      properties: { 'x-mcp-header': { type: 'string' } },
      examples: [{ 'x-mcp-header': 7 }],
    });
    expect(toolHeaders(tool)).toEqual({ kind: 'declared', declarations: [] });
  });

  it.each([
    ['an empty name', declaring({ type: 'string', 'x-mcp-header': '' })],
    ['a space in the name', declaring({ type: 'string', 'x-mcp-header': 'My Region' })],
    ['a colon in the name', declaring({ type: 'string', 'x-mcp-header': 'Region:Primary' })],
    ['non-ASCII characters in the name', declaring({ type: 'string', 'x-mcp-header': 'Région' })],
    ['a number as a name', declaring({ type: 'string', 'x-mcp-header': 7 })],
    ['an argument of the type number', declaring({ type: 'number', 'x-mcp-header': 'Score' })],
    ['an argument of the type object', declaring({ type: 'object', 'x-mcp-header': 'Data' })],
    ['an argument without a type', declaring({ 'x-mcp-header': 'Data' })],
    ['a declaration in array items', declaring({ type: 'array', items: { type: 'string', 'x-mcp-header': 'Item' } })],
    ['a declaration in a branch of anyOf', declaring({ anyOf: [{ type: 'string', 'x-mcp-header': 'Branch' }] })],
    ['a declaration in $defs', toolOf({ $defs: { a: { type: 'string', 'x-mcp-header': 'A' } } })],
    ['a declaration for the schema itself', toolOf({ type: 'string', 'x-mcp-header': 'Whole' })],
    [
      'two names that differ only in case',
      toolOf({
        properties: { a: { type: 'string', 'x-mcp-header': 'Key' }, b: { type: 'string', 'x-mcp-header': 'KEY' } },
      }),
    ],
  ])('the Mcp-Param headers of a tool are invalid because of %s', (_, tool) => {
    expect(toolHeaders(tool).kind).toBe('invalid');
    expect(paramHeaders(tool, { value: 'x' })).toEqual([]);
  });

  it('reading the Mcp-Param headers of a tool never throws, for any schema', () => {
    fc.assert(
      fc.property(fc.object({ key: fc.constantFrom('properties', 'x-mcp-header', 'items', 'type', 'a') }), (schema) => {
        paramHeaders(toolOf(schema), schema);
      }),
    );
  });
});
