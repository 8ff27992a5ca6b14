import type { DefinitionKind } from '../../src/main/mcp/definitions/definition.ts';

type Json = Readonly<Record<string, unknown>>;

/** One kind of error that servers make in a definition, and the repaired definition that clients see. */
export interface Malformed {
  readonly kind: DefinitionKind;
  /** Description of the error. */
  readonly what: string;
  readonly definition: Json;
  /** What clients with the newest protocol revision see; null if the definition is left out. */
  readonly view: Json | null;
  /** The view of 2025-11-25. */
  readonly legacy: Json | null;
}

const GOOD: Readonly<Record<DefinitionKind, Json>> = {
  tool: {
    title: 'A tool',
    description: 'does something',
    inputSchema: { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
    annotations: { title: 'A tool', readOnlyHint: true },
    icons: [{ src: 'https://example.com/i.png', mimeType: 'image/png', sizes: ['48x48'], theme: 'dark' }],
    _meta: { 'example.com/x': [1, { y: null }] },
  },
  prompt: {
    description: 'says something',
    arguments: [{ name: 'a', description: 'an a', required: true }, { name: 'b' }],
  },
  resource: {
    name: 'a resource',
    mimeType: 'text/plain',
    size: 7,
    annotations: { audience: ['user'], priority: 0.5, lastModified: '2025-01-12T15:00:58Z' },
  },
  template: { name: 'a template', description: 'one of many', mimeType: 'text/plain' },
};

const NAMES: Readonly<Record<DefinitionKind, string>> = {
  tool: 'name',
  prompt: 'name',
  resource: 'uri',
  template: 'uriTemplate',
};

/** Returns a valid definition of a kind. */
export function goodDefinition(kind: DefinitionKind, name: string): Json {
  return { [NAMES[kind]]: name, ...GOOD[kind] };
}

/** Returns the name or URI of a definition. */
export function nameOf(kind: DefinitionKind, definition: Json): string {
  return String(definition[NAMES[kind]]);
}

interface Case {
  readonly what: string;
  /** Differences of the malformed definition from the valid one; undefined removes a member. */
  readonly broken: Json;
  /** Differences of what clients see from the valid definition; null if the definition is left out. */
  readonly view: Json | null;
  readonly legacy?: Json | null;
}

const input = (schema: Json): Json => ({ inputSchema: schema });
const output = (schema: unknown): Json => ({ outputSchema: schema });
const OBJECT = { type: 'object' };
const NO_OUTPUT = output(undefined);
const deepSchema = (depth: number): Json =>
  depth === 0 ? {} : { type: 'object', properties: { next: deepSchema(depth - 1) } };

/** Creates a case with an output schema that Ajv cannot compile, so that SDK 1.x rejects the whole list. */
const uncompilable = (what: string, schema: Json): Case => {
  const broken = output({ type: 'object', ...schema });
  return { what: `an output schema with ${what}`, broken, view: broken, legacy: NO_OUTPUT };
};

const TOOLS: readonly Case[] = [
  { what: 'no input schema', broken: { inputSchema: undefined }, view: input(OBJECT) },
  { what: 'null as its input schema', broken: { inputSchema: null }, view: input(OBJECT) },
  { what: 'an empty input schema', broken: input({}), view: input(OBJECT) },
  { what: 'an empty list as its input schema', broken: { inputSchema: [] }, view: input(OBJECT) },
  {
    what: 'an input schema without a type',
    broken: input({ properties: {}, additionalProperties: false }),
    view: input({ properties: {}, additionalProperties: false, type: 'object' }),
  },
  { what: 'an input schema of type null', broken: input({ type: null }), view: input(OBJECT) },
  { what: 'an input schema of several types', broken: input({ type: ['object', 'null'] }), view: input(OBJECT) },
  { what: 'an input schema of another type', broken: input({ type: 'string' }), view: null },
  { what: 'a string as its input schema', broken: { inputSchema: '{"type":"object"}' }, view: null },
  { what: 'a list as its input schema', broken: { inputSchema: [OBJECT] }, view: null },
  { what: 'true as its input schema', broken: { inputSchema: true }, view: null },
  { what: 'null properties', broken: input({ ...OBJECT, properties: null }), view: input(OBJECT) },
  {
    what: 'an empty list of properties',
    broken: input({ ...OBJECT, properties: [] }),
    view: input({ ...OBJECT, properties: {} }),
  },
  { what: 'a list of properties', broken: input({ ...OBJECT, properties: [{ name: 'a' }] }), view: null },
  { what: 'a property without a schema', broken: input({ ...OBJECT, properties: { a: 'string' } }), view: null },
  {
    what: 'a null property',
    broken: input({ ...OBJECT, properties: { a: null } }),
    view: input({ ...OBJECT, properties: { a: {} } }),
  },
  {
    what: 'boolean properties',
    broken: input({ ...OBJECT, properties: { a: true, b: false, c: {} } }),
    view: input({ ...OBJECT, properties: { a: true, b: false, c: {} } }),
    legacy: input({ ...OBJECT, properties: { a: {}, b: { not: {} }, c: {} } }),
  },
  { what: 'null as required', broken: input({ ...OBJECT, required: null }), view: input(OBJECT) },
  { what: 'true as required', broken: input({ ...OBJECT, required: true }), view: input(OBJECT) },
  { what: 'numbers as required', broken: input({ ...OBJECT, required: ['a', 1] }), view: input(OBJECT) },
  {
    what: 'a $schema that is not a string',
    broken: input({ ...OBJECT, $schema: 7 }),
    view: input(OBJECT),
    legacy: input({ ...OBJECT, $schema: 7 }),
  },
  { what: 'a null description', broken: { description: null }, view: { description: undefined } },
  { what: 'a list as its description', broken: { description: ['a'] }, view: { description: undefined } },
  { what: 'a number as its title', broken: { title: 7 }, view: { title: undefined } },
  { what: 'null annotations', broken: { annotations: null }, view: { annotations: undefined } },
  { what: 'a list of annotations', broken: { annotations: ['readOnly'] }, view: { annotations: undefined } },
  {
    what: 'an annotation of a wrong type',
    broken: { annotations: { readOnlyHint: 'true', title: null, openWorldHint: false } },
    view: { annotations: { openWorldHint: false } },
  },
  {
    what: 'an execution with an unknown value',
    broken: { execution: { taskSupport: 'maybe' } },
    view: { execution: { taskSupport: 'maybe' } },
    legacy: { execution: {} },
  },
  { what: 'an execution that is a string', broken: { execution: 'x' }, view: { execution: 'x' }, legacy: {} },
  { what: 'an icon that is a string', broken: { icons: ['https://example.com/i.png'] }, view: { icons: [] } },
  { what: 'icons that are an object', broken: { icons: { src: 'x' } }, view: { icons: undefined } },
  {
    what: 'icons of an older draft',
    broken: { icons: [{ src: 'x', sizes: '48x48', mimeType: null, theme: 'blue' }, { sizes: [] }] },
    view: { icons: [{ src: 'x' }] },
  },
  { what: 'a null _meta', broken: { _meta: null }, view: { _meta: undefined } },
  { what: 'a string as _meta', broken: { _meta: 'x' }, view: { _meta: undefined } },
  { what: 'a list as _meta', broken: { _meta: [] }, view: { _meta: undefined } },
  { what: 'a null output schema', broken: output(null), view: NO_OUTPUT },
  { what: 'an output schema without a type', broken: output({}), view: output({}), legacy: NO_OUTPUT },
  {
    what: 'an output schema of type array',
    broken: output({ type: 'array', items: OBJECT }),
    view: output({ type: 'array', items: OBJECT }),
    legacy: NO_OUTPUT,
  },
  { what: 'true as its output schema', broken: output(true), view: NO_OUTPUT },
  { what: 'a list as its output schema', broken: output([]), view: NO_OUTPUT },
  {
    what: 'an output schema with a property that is true',
    broken: output({ ...OBJECT, properties: { data: true } }),
    view: output({ ...OBJECT, properties: { data: true } }),
    legacy: output({ ...OBJECT, properties: { data: {} } }),
  },
  uncompilable('properties that are not schemas', { properties: { a: 'string' } }),
  {
    what: 'true as required in its output schema',
    broken: output({ ...OBJECT, required: true }),
    view: output({ ...OBJECT, required: true }),
    legacy: output(OBJECT),
  },
  uncompilable('a reference to a missing definition', { properties: { a: { $ref: '#/$defs/missing' } } }),
  uncompilable('a reference to another document', { properties: { a: { $ref: 'https://example.com/schema.json' } } }),
  uncompilable('references in a circle', {
    properties: { a: { $ref: '#/$defs/b' } },
    $defs: { b: { $ref: '#/$defs/c' }, c: { $ref: '#/$defs/b' } },
  }),
  uncompilable('a pattern that is none', { properties: { a: { pattern: '[' } } }),
  uncompilable('an unknown type', { properties: { a: { type: 'float' } } }),
  uncompilable('nullable without a type', { properties: { a: { nullable: true, anyOf: [{}] } } }),
  uncompilable('required of draft 3', { properties: { a: { type: 'string', required: true } } }),
  uncompilable('exclusiveMinimum of draft 4', { properties: { a: { minimum: 1, exclusiveMinimum: true } } }),
  uncompilable('an id of draft 4', { properties: { a: { id: '#a', type: 'string' } } }),
  uncompilable('an empty enum', { properties: { a: { enum: [] } } }),
];

const PROMPTS: readonly Case[] = [
  { what: 'null arguments', broken: { arguments: null }, view: { arguments: undefined } },
  { what: 'an empty object of arguments', broken: { arguments: {} }, view: { arguments: [] } },
  { what: 'an object of arguments', broken: { arguments: { a: {} } }, view: null },
  { what: 'a string as its arguments', broken: { arguments: 'a' }, view: null },
  { what: 'an argument that is a string', broken: { arguments: ['a'] }, view: null },
  { what: 'an argument without a name', broken: { arguments: [{ description: 'a' }] }, view: null },
  {
    what: 'an argument with members of wrong types',
    broken: { arguments: [{ name: 'a', description: null, required: 'yes' }] },
    view: { arguments: [{ name: 'a' }] },
  },
  { what: 'a number as its description', broken: { description: 7 }, view: { description: undefined } },
  { what: 'a null title', broken: { title: null }, view: { title: undefined } },
];

const ANNOTATED: readonly Case[] = [
  { what: 'null annotations', broken: { annotations: null }, view: { annotations: undefined } },
  {
    what: 'an unknown audience',
    broken: { annotations: { audience: ['all'], priority: 1 } },
    view: { annotations: { priority: 1 } },
  },
  {
    what: 'a string as its audience',
    broken: { annotations: { audience: 'user' } },
    view: { annotations: {} },
  },
  { what: 'a priority above 1', broken: { annotations: { priority: 5 } }, view: { annotations: {} } },
  { what: 'a date without a time', broken: { annotations: { lastModified: '2025-01-12' } }, view: { annotations: {} } },
  {
    what: 'a time without an offset',
    broken: { annotations: { lastModified: '2025-01-12T15:00:58' } },
    view: { annotations: {} },
  },
  {
    what: 'a date that does not exist',
    broken: { annotations: { lastModified: '2025-02-30T15:00:58Z' } },
    view: { annotations: {} },
  },
  { what: 'a null MIME type', broken: { mimeType: null }, view: { mimeType: undefined } },
];

const RESOURCES: readonly Case[] = [
  ...ANNOTATED,
  { what: 'a string as its size', broken: { size: '7 KB' }, view: { size: undefined } },
  { what: 'a null size', broken: { size: null }, view: { size: undefined } },
];

const BY_KIND: Readonly<Record<DefinitionKind, readonly Case[]>> = {
  tool: TOOLS,
  prompt: PROMPTS,
  resource: RESOURCES,
  template: ANNOTATED,
};

/** Invalid values of `name`. Clients then see the URI of a resource or template as its name. */
const NAMELESS: readonly Json[] = [{ name: undefined }, { name: null }, { name: 7 }];

export const MALFORMED: readonly Malformed[] = [
  ...Object.entries(BY_KIND).flatMap(([kind, cases]) =>
    cases.map((one, index) => malformed(kind as DefinitionKind, `${kind}-${index}`, one)),
  ),
  ...NAMELESS.flatMap((broken, index) =>
    (['resource', 'template'] as const).map((kind) => {
      const uri = `nameless-${index}`;
      return malformed(kind, uri, { what: `no valid name (${index})`, broken, view: { name: uri } });
    }),
  ),
];

function malformed(kind: DefinitionKind, name: string, { what, broken, view, legacy = view }: Case): Malformed {
  const good = goodDefinition(kind, name);
  const differing = (changes: Json): Json =>
    Object.fromEntries(Object.entries({ ...good, ...changes }).filter(([, value]) => value !== undefined));
  return {
    ...{ kind, what, definition: differing(broken) },
    view: view === null ? null : differing(view),
    legacy: legacy === null ? null : differing(legacy),
  };
}

/** Returns list items that are left out: values that are not definitions, a duplicate, and one that nests too deep. */
export function junkItems(kind: DefinitionKind): readonly unknown[] {
  const name = NAMES[kind];
  const named = (value: unknown): Json => ({ ...GOOD[kind], [name]: value });
  return [
    ...[null, true, 7, 'text', [], [goodDefinition(kind, 'nested')], {}],
    ...[named(undefined), named(null), named(''), named(7), named(['a']), named('x'.repeat(20_000)), named('a\u0000b')],
    ...[goodDefinition(kind, 'good-1'), { ...goodDefinition(kind, 'deep'), _meta: deepSchema(50) }],
    JSON.parse(`{"__proto__":{"${name}":"inherited"}}`),
  ];
}
