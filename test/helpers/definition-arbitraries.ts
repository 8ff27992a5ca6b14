import fc from 'fast-check';
import type { DefinitionKind } from '../../src/main/mcp/definitions/definition.ts';

type Json = Readonly<Record<string, unknown>>;

const text = fc.string({ maxLength: 8 });
const words = fc.constantFrom('a', 'b', 'id', '$id', 'type', '__proto__', 'constructor', 'name');
const optional = <T extends object>(members: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(members, { requiredKeys: [] });

/** Any JSON value, with `__proto__` among the names. */
const junk: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(null, true, false, 0, -1, 1.5, '', 'object', '2025-01-12', [], {}, [null], { '': null }),
  fc.jsonValue({ maxDepth: 2 }),
  fc.dictionary(words, fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 }),
);

/** Generates JSON Schemas with at most `depth` levels of nested schemas. */
function schemaOf(depth: number): fc.Arbitrary<Json> {
  const leaf = {
    type: fc.constantFrom('string', 'object', 'array', ['string', 'null']),
    description: text,
    required: fc.uniqueArray(text, { maxLength: 2 }),
    enum: fc.array(fc.jsonValue({ maxDepth: 1 }), { minLength: 1, maxLength: 3 }),
    additionalProperties: fc.boolean(),
    pattern: fc.constantFrom('^a+$', '[a-z]'),
    minLength: fc.nat(),
    default: fc.jsonValue({ maxDepth: 1 }),
  };
  if (depth === 0) return optional(leaf) as fc.Arbitrary<Json>;
  const part = schemaOf(depth - 1);
  return optional({
    ...leaf,
    properties: fc.dictionary(words, part, { maxKeys: 2 }),
    items: part,
    anyOf: fc.array(part, { minLength: 1, maxLength: 2 }),
  }) as fc.Arbitrary<Json>;
}

const schema = schemaOf(1);

const objectSchema = fc
  .tuple(schema, fc.dictionary(words, schema, { maxKeys: 3 }))
  .map(([rest, properties]): Json => ({ ...rest, type: 'object', properties }));

const icons = fc.array(
  fc.record(
    { src: text, mimeType: text, sizes: fc.array(text, { maxLength: 2 }), theme: fc.constantFrom('light', 'dark') },
    { requiredKeys: ['src'] },
  ),
  { maxLength: 2 },
);

const described = {
  title: text,
  description: text,
  icons,
  _meta: fc.dictionary(words, fc.jsonValue({ maxDepth: 1 }), { maxKeys: 2 }),
  'x-unknown': fc.jsonValue({ maxDepth: 1 }),
};

const annotations = optional({
  audience: fc.uniqueArray(fc.constantFrom('user', 'assistant')),
  priority: fc.double({ min: 0, max: 1, noNaN: true }),
  lastModified: fc
    .date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) })
    .map((date) => date.toISOString()),
});

const resource = { ...described, name: text, mimeType: text, annotations };

/**
 * Generates the members of valid definitions of each kind, as the protocol revisions define them, but without the name
 * or URI that identifies a definition.
 */
const MEMBERS: Readonly<Record<DefinitionKind, fc.Arbitrary<Json>>> = {
  tool: fc.record(
    {
      ...described,
      inputSchema: objectSchema,
      outputSchema: objectSchema,
      annotations: optional({
        title: text,
        readOnlyHint: fc.boolean(),
        destructiveHint: fc.boolean(),
        idempotentHint: fc.boolean(),
        openWorldHint: fc.boolean(),
      }),
      execution: optional({ taskSupport: fc.constantFrom('required', 'optional', 'forbidden') }),
    },
    { requiredKeys: ['inputSchema'] },
  ),
  prompt: optional({
    ...described,
    arguments: fc.array(
      fc.record({ name: text, description: text, required: fc.boolean() }, { requiredKeys: ['name'] }),
      { maxLength: 3 },
    ),
  }),
  resource: fc.record({ ...resource, size: fc.nat() }, { requiredKeys: ['name'] }),
  template: fc.record(resource, { requiredKeys: ['name'] }),
};

export function goodMembers(kind: DefinitionKind): fc.Arbitrary<Json> {
  return MEMBERS[kind];
}

/** Generates definitions in which one member, at any depth, is replaced by null or by an arbitrary value. */
export function brokenMembers(kind: DefinitionKind): fc.Arbitrary<Json> {
  return fc.tuple(MEMBERS[kind], fc.nat(), fc.option(junk, { freq: 5 })).map(([members, at, value]) => {
    const places = placesOf(members);
    const path = places[at % Math.max(1, places.length)];
    return path === undefined ? { title: value } : (changed(members, path, value) as Json);
  });
}

function placesOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [[...path, name], ...placesOf(member, [...path, name])]);
}

/** Returns a copy of a value in which the member at a path is replaced. */
function changed(value: unknown, [name = '', ...rest]: readonly string[], member: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).flatMap(([key, before]): [string, unknown][] => {
    if (key !== name) return [[key, before]];
    return [[key, rest.length === 0 ? member : changed(before, rest, member)]];
  });
  return Array.isArray(value) ? entries.map(([, item]) => item) : Object.fromEntries(entries);
}
