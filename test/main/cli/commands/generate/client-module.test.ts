import fc from 'fast-check';
import { parseSync } from 'oxc-parser';
import { describe, expect, it } from 'vitest';
import { clientModule, type DescribedTool } from '../../../../../src/main/cli/commands/generate/client-module.ts';
import type { JsonObject } from '../../../../../src/main/mcp/json-rpc.ts';
import { compileStrictly } from '../../../../helpers/typescript.ts';

function tool(connectorId: string, name: string, inputSchema: unknown = {}, outputSchema?: unknown): DescribedTool {
  return {
    name: `${connectorId}.${name}`,
    connectorId,
    description: '',
    inputSchema: inputSchema as JsonObject,
    definition: { name, inputSchema, ...(outputSchema !== undefined && { outputSchema }) },
  };
}

const object = (properties: object, more: object = {}): object => ({ type: 'object', properties, ...more });

const HEADER = `
import { createClient, type ToolArguments, type ToolOutput, type Tools } from './tools.ts';
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <T extends true>(): T | undefined => undefined;
void createClient; void is;
export type { ToolArguments, ToolOutput, Tools, Same };
`;

/** Compiles the module generated for `tools` together with code that uses the module. */
const compiled = (tools: readonly DescribedTool[], use = ''): string =>
  compileStrictly({ 'tools.ts': clientModule(tools), 'use.ts': `${HEADER}\n${use}` });

/** Checks that each schema becomes exactly the given type. */
function expectTypes(cases: Readonly<Record<string, readonly [schema: unknown, type: string]>>): void {
  const tools = Object.entries(cases).map(([name, [schema]]) =>
    tool('c', name, object({ v: schema }, { required: ['v'] })),
  );
  const uses = Object.entries(cases).map(
    ([name, [, type]]) => `is<Same<ToolArguments<'c', ${JSON.stringify(name)}>['v'], ${type}>>();`,
  );
  expect(compiled(tools, uses.join('\n'))).toBe('');
}

const RESERVED = [
  ...'break case catch class const continue debugger default delete do else enum export extends false finally for function if'.split(
    ' ',
  ),
  ...'import in instanceof new null return super switch this throw true try typeof var void while with yield let static await async'.split(
    ' ',
  ),
  ...'get set of readonly declare abstract as any constructor implements interface type namespace module is keyof infer unique asserts never unknown object'.split(
    ' ',
  ),
  ...'__proto__ prototype hasOwnProperty toString valueOf then arguments eval undefined NaN Infinity'.split(' '),
];

const ODD_NAMES = [
  ...RESERVED,
  'a-b',
  'a_b',
  'a.b',
  'a b',
  'a/b',
  '1st',
  '0',
  '1',
  '01',
  '1e3',
  '-1',
  '',
  'ü',
  '名前',
  '𝒳',
  'a\u200bb',
  '\u202e',
  '"',
  "'",
  '`',
  '\\',
  '$'.concat('{x}'),
  '*/',
  '//',
  '</script>',
  'a\nb',
  'a\u2028b',
  '\ud800',
  '#x',
  '[Symbol.iterator]',
  '"; evil(); "',
];

describe('clientModule', () => {
  it('the generated client module has a typed method for each tool, and the compiler rejects wrong arguments', () => {
    const tools = [
      tool(
        'weather',
        'forecast',
        object({ city: { type: 'string' }, days: { type: 'integer' } }, { required: ['city'] }),
        object({ degrees: { type: 'number' } }, { required: ['degrees'] }),
      ),
      tool('weather', 'stations', object({ near: { type: 'string' } })),
    ];
    const use = `
interface Result {
  readonly [member: string]: unknown;
  readonly content: readonly object[];
  readonly isError?: boolean | undefined;
  readonly structuredContent?: unknown;
}
interface Manager {
  callTool(
    name: string,
    args?: Readonly<Record<string, unknown>>,
    options?: { readonly signal?: AbortSignal | undefined; readonly timeoutMs?: number | undefined },
  ): Promise<Result>;
}
declare const manager: Manager;
const client = createClient(manager);
const answer = await client.weather.forecast({ city: 'Bern', days: 2 }, { timeoutMs: 5 });
const degrees: number | undefined = answer.structuredContent?.degrees;
is<Same<typeof answer.isError, boolean | undefined>>();
await client.weather.stations();
await client.weather.stations({ near: 'Bern' });
// @ts-expect-error an argument is missing
await client.weather.forecast({});
// @ts-expect-error an argument is misspelt
await client.weather.forecast({ city: 'Bern', dayz: 2 });
// @ts-expect-error an option is of the wrong type
await client.weather.stations({}, { timeoutMs: 'soon' });
// @ts-expect-error there is no such tool
await client.weather.rain();
void degrees;
`;
    expect(compiled(tools, use)).toBe('');
  }, 60_000);

  it('the generated client module keeps connectors, tools and properties with unusual names distinct', async () => {
    const properties = Object.fromEntries(ODD_NAMES.map((name) => [name, { type: 'string', description: name }]));
    const schema = JSON.parse(JSON.stringify(object(properties, { required: RESERVED })));
    Object.defineProperty(schema.properties, '__proto__', { value: { type: 'number' }, enumerable: true });
    const tools = ODD_NAMES.flatMap((connector) => [
      tool(connector, 'one', connector === 'a-b' ? schema : {}),
      ...(connector === '__proto__' || connector === 'x' ? ODD_NAMES.map((name) => tool(connector, name)) : []),
    ]);
    expect(compiled(tools, `is<Same<ToolArguments<'a-b', 'one'>['__proto__'], number>>();`)).toBe('');

    const { createClient } = await load(clientModule(tools));
    const called: unknown[] = [];
    const client = createClient({ callTool: async (name: string, args: unknown) => called.push([name, args]) });
    for (const { connectorId, definition } of tools)
      await client[connectorId][definition.name]({ at: definition.name });
    expect(called).toEqual(sortedBy(tools).map(({ name, definition }) => [name, { at: definition.name }]));
    expect(Object.getPrototypeOf(client)).toBeNull();
  }, 60_000);

  it('the generated client module turns the keywords of JSON Schema 2020-12 and draft-07 into exact types', () => {
    const draft7 = { $schema: 'http://json-schema.org/draft-07/schema#' };
    expectTypes({
      any: [true, 'unknown'],
      empty: [{}, 'unknown'],
      nothing: [false, 'never'],
      notAnything: [{ not: {} }, 'never'],
      notText: [{ type: 'number', not: { const: 3 } }, 'number'],
      integer: [{ type: 'integer', minimum: 1 }, 'number'],
      nullableByList: [{ type: ['string', 'null'] }, 'string | null'],
      nullableOpenApi: [{ type: 'string', nullable: true }, 'string | null'],
      constant: [{ const: 'a' }, "'a'"],
      constantObject: [{ const: { a: [1, null], b: {} } }, '{ a: readonly [1, null]; b: { [key: string]: never } }'],
      enumMixed: [{ enum: ['a', 1, -0.5, true, null, ['x']] }, "'a' | 1 | -0.5 | true | null | readonly ['x']"],
      enumOfText: [{ type: 'string', enum: ['b', 'a'] }, "'a' | 'b'"],
      oneOf: [{ oneOf: [{ type: 'string' }, { type: 'number' }] }, 'string | number'],
      anyOfWithNot: [{ anyOf: [{ type: 'string' }, false] }, 'string'],
      anyOfAnything: [{ anyOf: [{ type: 'string' }, {}] }, 'unknown'],
      allOf: [{ allOf: [{ type: 'string' }, { enum: ['a', 'b'] }] }, "string & ('a' | 'b')"],
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      conditions: [{ type: 'string', if: { const: 'a' }, then: false, else: true }, 'string'],
      list: [{ type: 'array', items: { type: ['string', 'null'] } }, 'readonly (string | null)[]'],
      listOfLists: [{ type: 'array', items: { type: 'array' } }, 'readonly (readonly unknown[])[]'],
      noItems: [{ type: 'array', items: false }, 'readonly never[]'],
      tuple: [
        { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }], items: false, minItems: 1 },
        'readonly [string, number?]',
      ],
      openTuple: [
        { prefixItems: [{ type: 'string' }], minItems: 1, items: { type: 'number' } },
        'readonly [string, ...number[]]',
      ],
      oldTuple: [
        { ...draft7, type: 'array', items: [{ type: 'string' }], additionalItems: false, minItems: 1 },
        'readonly [string]',
      ],
      openObject: [{ type: 'object' }, '{ [key: string]: unknown }'],
      closedObject: [{ type: 'object', additionalProperties: false }, '{ [key: string]: never }'],
      table: [{ type: 'object', additionalProperties: { type: 'number' } }, '{ [key: string]: number }'],
      patterns: [
        { type: 'object', patternProperties: { '^a': { type: 'string' } }, additionalProperties: false },
        '{ [key: string]: string }',
      ],
      namedAndOthers: [
        object({ a: { type: 'string' } }, { additionalProperties: { type: 'number' } }),
        '{ a?: string; [key: string]: unknown }',
      ],
      closedNamed: [
        object({ a: { type: 'string' } }, { additionalProperties: false, required: ['a', 'b'] }),
        '{ a: string; b: unknown }',
      ],
      dependent: [object({ a: {}, b: {} }, { dependentRequired: { a: ['b'] } }), '{ a?: unknown; b?: unknown }'],
      oldDependencies: [object({ a: {} }, { dependencies: { a: ['b'] } }), '{ a?: unknown }'],
      requiredByChoice: [
        { ...object({ a: { type: 'string' } }), anyOf: [{ required: ['a'] }, { required: ['b'] }] },
        '{ a?: string } & ({ a: unknown } | { b: unknown })',
      ],
      odd: [{ type: 'file' }, 'unknown'],
      malformed: [{ type: 7, enum: 'x', properties: [], allOf: {} }, 'unknown'],
    });
  }, 60_000);

  it('the generated client module follows references within a schema, and uses `unknown` for all other references', () => {
    const schema = {
      ...object({
        tree: { $ref: '#/$defs/tree' },
        old: { $ref: '#/definitions/a~1b%20c' },
        anchor: { $ref: '#here' },
        id: { $ref: 'https://example.com/own' },
        outside: { $ref: 'https://example.com/other.json' },
        file: { $ref: 'file:///etc/passwd' },
        missing: { $ref: '#/$defs/none' },
        inherited: { $ref: '#/$defs/constructor' },
        beside: { $ref: '#/$defs/text', enum: ['a'] },
        json: { $ref: '#/$defs/json' },
      }),
      $defs: {
        tree: object(
          {
            value: { type: 'number' },
            children: { type: 'array', items: { $ref: '#/$defs/tree' } },
            up: { anyOf: [{ $ref: '#/$defs/tree' }, { type: 'null' }] },
          },
          { required: ['value'] },
        ),
        here: { $anchor: 'here', type: 'boolean' },
        own: { $id: 'https://example.com/own', type: 'null' },
        text: { type: 'string' },
        json: {
          anyOf: [
            { type: ['string', 'number', 'boolean', 'null'] },
            { type: 'array', items: { $ref: '#/$defs/json' } },
            { type: 'object', additionalProperties: { $ref: '#/$defs/json' } },
          ],
        },
      },
      definitions: { 'a/b c': { type: 'string' } },
    };
    const draft7 = {
      ...object({ beside: { $ref: '#/definitions/text', enum: ['a'] } }),
      $schema: 'http://json-schema.org/draft-07/schema#',
      definitions: { text: { type: 'string' } },
    };
    const of = (name: string): string => `NonNullable<ToolArguments<'c', 't'>['${name}']>`;
    expect(
      compiled(
        [tool('c', 't', schema), tool('c', 'seven', draft7)],
        `
is<Same<${of('old')}, string>>(); is<Same<${of('anchor')}, boolean>>(); is<Same<ToolArguments<'c', 't'>['id'], null | undefined>>();
is<Same<ToolArguments<'c', 't'>['outside'], unknown>>(); is<Same<ToolArguments<'c', 't'>['file'], unknown>>();
is<Same<ToolArguments<'c', 't'>['missing'], unknown>>(); is<Same<ToolArguments<'c', 't'>['inherited'], unknown>>();
is<Same<${of('beside')}, string & 'a'>>(); is<Same<NonNullable<ToolArguments<'c', 'seven'>['beside']>, string>>();
const tree: ${of('tree')} = { value: 1, children: [{ value: 2, children: [], up: null }], up: { value: 3 } };
const depth: number | undefined = tree.children?.[0]?.children?.[0]?.value;
const json: ${of('json')} = { a: [1, 'x', { b: null }] };
// @ts-expect-error a function is no JSON
const bad: ${of('json')} = { a: [() => 1] };
void [depth, json, bad];`,
      ),
    ).toBe('');
  }, 60_000);

  it('the generated client module compiles even if schemas are circular, very large or deeply nested', () => {
    const schemas = [
      { $ref: '#' },
      { $defs: { a: { $ref: '#/$defs/a' } }, $ref: '#/$defs/a' },
      {
        $defs: {
          a: { anyOf: [{ $ref: '#/$defs/b' }, { type: 'string' }] },
          b: { allOf: [{ $ref: '#/$defs/a' }, { type: 'number' }] },
        },
        ...object({ a: { $ref: '#/$defs/a' }, b: { $ref: '#/$defs/b' } }),
      },
      {
        $defs: {
          a: { anyOf: [object({ x: { $ref: '#/$defs/c' } }), { $ref: '#/$defs/c' }] },
          c: { allOf: [{ $ref: '#/$defs/a' }, object({ z: {} })] },
        },
        ...object({ a: { $ref: '#/$defs/a' } }),
      },
      object({
        a: { type: 'array', items: { $ref: '#/properties/a' } },
        b: { $ref: '#' },
        c: { type: 'object', additionalProperties: { $ref: '#/properties/c' } },
      }),
      {
        $defs: {
          t: {
            type: 'array',
            prefixItems: [{ $ref: '#/$defs/t' }],
            items: { anyOf: [{ $ref: '#/$defs/t' }, { type: 'null' }] },
          },
        },
        ...object({ t: { $ref: '#/$defs/t' } }),
      },
      {
        allOf: Array.from({ length: 6 }, (_, part) => ({
          enum: Array.from({ length: 100 }, (__, index) => `${part}-${index}`),
        })),
      },
      {
        anyOf: Array.from({ length: 500 }, (_, index) =>
          object({ [`k${index}`]: { const: index } }, { required: [`k${index}`] }),
        ),
      },
      { enum: Array.from({ length: 30_000 }, (_, index) => `value ${index}`) },
      object(
        Object.fromEntries(
          Array.from({ length: 3_000 }, (_, index) => [
            `p${index}`,
            { type: 'string', description: 'text '.repeat(20) },
          ]),
        ),
      ),
    ];
    let deep: object = { type: 'string' };
    for (let depth = 0; depth < 120; depth += 1)
      deep = depth % 2 === 0 ? object({ d: deep }) : { type: 'array', items: deep };
    expect(
      compiled(
        [...schemas, deep].map((schema, index) =>
          tool(
            'c',
            `t${index}`,
            object({ v: schema, ...(schema as { properties?: object }).properties }, schema),
            schema,
          ),
        ),
      ),
    ).toBe('');
  }, 120_000);

  it('the generated client module does not depend on the order of tools and properties', () => {
    const schema = {
      $defs: { n: object({ next: { $ref: '#/$defs/n' } }) },
      ...object({ b: { $ref: '#/$defs/n' }, a: {} }),
    };
    const turned = { properties: { a: {}, b: { $ref: '#/$defs/n' } }, type: 'object', $defs: schema.$defs };
    const tools = [tool('a', 'x', schema), tool('a', 'y'), tool('b', 'x')];
    const text = clientModule(tools);
    expect(clientModule([tool('b', 'x'), tool('a', 'y'), tool('a', 'x', turned)])).toBe(text);
    // An additional tool adds lines, and changes only the line with its connector's tool names.
    const lines = new Set(clientModule([...tools, tool('a', 'w', schema)]).split('\n'));
    expect(text.split('\n').filter((line) => !lines.has(line))).toEqual(['  ["a", "x", "y"],']);
  });

  it('the generated client module never turns a name, description or constant of a server into code', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc
        .array(
          fc.constantFrom(
            '*/',
            '/*',
            '//',
            '"',
            "'",
            '`',
            '${',
            '}',
            ';',
            '\\',
            '\n',
            '\r',
            '\u2028',
            '\u0000',
            'evil()',
            '@ts-ignore',
            '* ',
            '/',
            '*',
            '<',
            '>',
            '\ud800',
          ),
          { maxLength: 12 },
        )
        .map((parts) => parts.join('')),
    );
    const { schema } = fc.letrec<{ schema: unknown }>((tie) => ({
      schema: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom(true, false, {}, { $ref: '#' }),
        fc.record(
          {
            type: fc.oneof(hostile, fc.constantFrom('string', 'object', 'array')),
            description: hostile,
            title: hostile,
            const: hostile,
          },
          { requiredKeys: [] },
        ),
        fc.record(
          { enum: fc.array(fc.jsonValue(), { maxLength: 4 }), default: fc.jsonValue(), tsType: hostile, $ref: hostile },
          { requiredKeys: [] },
        ),
        fc.record(
          {
            type: fc.constant('object'),
            description: hostile,
            properties: fc.dictionary(hostile, tie('schema'), { maxKeys: 4 }),
            required: fc.array(hostile, { maxLength: 2 }),
            $defs: fc.dictionary(hostile, tie('schema'), { maxKeys: 2 }),
          },
          { requiredKeys: ['type'] },
        ),
        fc.record(
          {
            anyOf: fc.array(tie('schema'), { maxLength: 3 }),
            allOf: fc.array(tie('schema'), { maxLength: 3 }),
            items: tie('schema'),
            additionalProperties: tie('schema'),
          },
          { requiredKeys: [] },
        ),
      ),
    }));
    const described = fc.record({ connectorId: hostile, name: hostile, description: hostile, schema });
    const plain = statementsOf(clientModule([tool('a', 'b')]));
    fc.assert(
      fc.property(fc.array(described, { minLength: 1, maxLength: 4 }), (all) => {
        const tools = all.map(({ connectorId, name, description, schema: it }) => ({
          ...tool(connectorId, name, it, it),
          description,
        }));
        const statements = statementsOf(clientModule(tools)).filter((text) => !/^export type Schema\w* = /.test(text));
        expect(statements.map(kindOf)).toEqual(plain.map(kindOf));
        // The executable statements of the two modules differ only in the table of names, which contains plain strings.
        expect(statements.filter((text) => text.includes('function createClient'))).toEqual(
          plain.filter((text) => text.includes('function createClient')),
        );
      }),
      { numRuns: 300 },
    );
  }, 60_000);

  it('the client module for 10 000 tools is generated within 20 seconds', () => {
    const schema = object(
      {
        a: { type: 'string', description: 'A text' },
        b: { type: 'array', items: object({ c: { enum: ['x', 'y'] } }) },
        d: { $ref: '#/$defs/d' },
      },
      { required: ['a'], $defs: { d: object({ next: { $ref: '#/$defs/d' } }) } },
    );
    const tools = Array.from({ length: 10_000 }, (_, index) =>
      tool(`c${index % 100}`, `tool_${index}`, schema, schema),
    );
    const startedMs = performance.now();
    const text = clientModule(tools);
    expect(performance.now() - startedMs).toBeLessThan(20_000);
    expect(text.match(/^ {4}tool_\d+: \{$/gm)).toHaveLength(10_000);
    expect(parseSync('tools.ts', text).errors).toEqual([]);
  }, 60_000);
});

/** Returns the statements of a module as text, without comments. Fails if the module has errors or hides directives. */
function statementsOf(text: string): readonly string[] {
  const { program, errors, comments } = parseSync('tools.ts', text);
  expect(errors).toEqual([]);
  for (const { value } of comments) expect(value).not.toMatch(/^[\s*/]*@(?!deprecated)/m);
  return program.body.map(({ start, end }) => text.slice(start, end));
}

function kindOf(statement: string): string {
  return /^(?:export )?(?:type|interface|function|const) \w+/.exec(statement)?.[0] ?? statement;
}

function sortedBy(tools: readonly DescribedTool[]): readonly DescribedTool[] {
  return [...tools];
}

// biome-ignore lint/suspicious/noExplicitAny: what is generated has no type here
async function load(text: string): Promise<any> {
  const { stripTypeScriptTypes } = await import('node:module');
  return import(`data:text/javascript,${encodeURIComponent(stripTypeScriptTypes(text.toWellFormed()))}`);
}
