import { isDeepStrictEqual } from 'node:util';
import { PromptSchema, ResourceSchema, ResourceTemplateSchema, ToolSchema } from '@modelcontextprotocol/sdk/types.js';
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv';
import type { DefinitionKind } from '../../../src/main/mcp/definitions/definition.ts';
import { examine } from '../../../src/main/mcp/definitions/examine.ts';
import { readListItem } from '../../../src/main/mcp/definitions/list-item.ts';
import { WIRE_REVISIONS } from '../../../src/main/mcp/definitions/wire-revision.ts';
import type { JsonObject } from '../../../src/main/mcp/json-rpc.ts';
import { paramHeaders, toolHeaders } from '../../../src/main/mcp/tool-headers.ts';
import type { RemoteToolDefinition } from '../../../src/shared/tools/tool-definition.ts';
import { goodDefinition, MALFORMED } from '../../helpers/malformed-definitions.ts';
import { type FuzzTarget, must } from '../engine/fuzz-target.ts';
import { mutateJson } from '../engine/json-mutation.ts';

const KINDS: Readonly<Record<string, DefinitionKind>> = { t: 'tool', p: 'prompt', r: 'resource', m: 'template' };
const letterOf = (kind: DefinitionKind): string => Object.keys(KINDS).find((key) => KINDS[key] === kind) ?? 't';
const seedOf = (kind: DefinitionKind, definition: unknown): string => `${letterOf(kind)}${JSON.stringify(definition)}`;

const SCHEMA = {
  type: ['object', 'null'],
  properties: { a: { $ref: '#/$defs/x' }, b: { enum: [1, 'x'], pattern: '^[a-z]+$', format: 'date-time' } },
  ...{ required: ['a'], additionalProperties: { oneOf: [{ const: 1 }, { not: {} }] }, dependencies: { a: ['b'] } },
  $defs: { x: { type: 'array', items: [{ type: 'string' }], contains: {}, minItems: 1, uniqueItems: true } },
};

/** The validator is replaced after this number of schemas, because it keeps every schema that it compiled. */
const MAX_COMPILED = 500;

/**
 * Definitions as connectors list them, and their views for clients. The first letter of an input chooses the kind: `t`
 * tool, `p` prompt, `r` resource, `m` template.
 */
export const target: FuzzTarget = {
  name: 'definitions',
  covers: ['/src/main/mcp/'],
  seeds: () => [
    ...Object.values(KINDS).map((kind) => seedOf(kind, goodDefinition(kind, 'x'))),
    ...MALFORMED.map(({ kind, definition }) => seedOf(kind, definition)).filter(({ length }) => length < 2_048),
    seedOf('tool', { name: 'x', inputSchema: { type: 'object' }, outputSchema: { ...SCHEMA, type: 'object' } }),
    seedOf('tool', {
      name: 'x',
      inputSchema: { type: 'object', properties: { a: { type: 'string', 'x-mcp-header': 'A' } } },
      annotations: { readOnlyHint: true },
    }),
  ],
  dictionary: [
    ...[
      'name',
      'title',
      'description',
      'icons',
      'src',
      '_meta',
      'inputSchema',
      'outputSchema',
      'annotations',
      'execution',
    ],
    ...[
      'arguments',
      'uri',
      'uriTemplate',
      'mimeType',
      'size',
      'audience',
      'priority',
      'lastModified',
      'user',
      'required',
    ],
    ...[
      'type',
      'object',
      'string',
      'properties',
      'items',
      'prefixItems',
      'contains',
      'allOf',
      'anyOf',
      'oneOf',
      'not',
      'if',
    ],
    ...[
      'then',
      'else',
      '$ref',
      '#',
      '#/$defs/x',
      '#/properties/a',
      '$id',
      '$schema',
      '$defs',
      'definitions',
      '$anchor',
    ],
    ...[
      'http://json-schema.org/draft-07/schema#',
      'https://json-schema.org/draft/2020-12/schema',
      'nullable',
      'enum',
      'const',
    ],
    ...[
      'pattern',
      'patternProperties',
      '^[a-z]+$',
      '(',
      '[',
      '\\',
      'format',
      'date-time',
      'minimum',
      'multipleOf',
      'minItems',
    ],
    ...['maxLength', 'uniqueItems', 'propertyNames', 'dependencies', 'dependentRequired', 'additionalItems', 'default'],
    ...[
      'additionalProperties',
      'discriminator',
      '$async',
      '$data',
      'x-mcp-header',
      '__proto__',
      'toString',
      'constructor',
    ],
  ],
  mutate: (input, random, dictionary) => {
    const changed = changeJson(input.subarray(1), random, dictionary);
    return changed === undefined ? undefined : Buffer.concat([input.subarray(0, 1), changed]);
  },
  start() {
    // Ajv logs a warning for each unknown format.
    const { warn } = console;
    console.warn = () => {};
    return {
      run: runDefinition,
      close: () => {
        console.warn = warn;
      },
    };
  },
};

const changeJson = mutateJson('\n\n');

function runDefinition(input: Uint8Array): void {
  const kind = KINDS[String.fromCharCode(input[0] ?? 0)];
  const value = parsed(Buffer.from(input.subarray(1)).toString('utf8'));
  if (kind === undefined || value === undefined) return;
  const item = readListItem(kind, value);
  if (item.kind === 'dropped') {
    must(!/\p{Cc}/u.test(item.name), 'the name of a left-out definition contains control characters');
    return;
  }
  const { definition } = item;
  const before = structuredClone(definition);
  for (const revision of WIRE_REVISIONS) {
    const { view, fault } = examine(kind, definition, revision);
    must(
      fault === null || !/[\p{Cc}\p{Cs}]/u.test(fault),
      `a fault holds control characters: ${JSON.stringify(fault)}`,
    );
    if (view === null) must(fault !== null, 'a definition is left out without a reason');
    else checkView(kind, definition, view, revision);
  }
  must(isDeepStrictEqual(definition, before), 'a repair changes the definition itself');
  if (kind === 'tool') checkHeaders(definition);
}

/** Checks that a view is valid: it needs no further repair, and the official client accepts it. */
function checkView(
  kind: DefinitionKind,
  definition: JsonObject,
  view: JsonObject,
  revision: (typeof WIRE_REVISIONS)[number],
): void {
  must(view === definition || !isDeepStrictEqual(view, definition), 'a valid definition is copied');
  const again = examine(kind, view, revision);
  must(again.view === view && again.repairs.length === 0, `a view is repaired again: ${again.fault}`);
  if (revision !== '2026-07-28') assertSdkTakes(kind, view);
}

let validator = new AjvJsonSchemaValidator();
let compiled = 0;

/** Throws for a definition because of which the official SDK 1.x would reject the whole list. */
function assertSdkTakes(kind: DefinitionKind, view: unknown): void {
  if (kind === 'prompt') PromptSchema.parse(view);
  if (kind === 'resource') ResourceSchema.parse(view);
  if (kind === 'template') ResourceTemplateSchema.parse(view);
  if (kind !== 'tool') return;
  const { outputSchema } = ToolSchema.parse(view);
  if (outputSchema === undefined) return;
  compiled += 1;
  if (compiled % MAX_COMPILED === 0) validator = new AjvJsonSchemaValidator();
  validator.getValidator(outputSchema as object);
}

function checkHeaders(definition: JsonObject): void {
  const tool = definition as unknown as RemoteToolDefinition;
  const headers = toolHeaders(tool);
  if (headers.kind === 'invalid') return;
  const values = paramHeaders(tool, { a: 'x\r\ny', b: { a: 1 }, x: 'ü' });
  for (const text of values)
    must(/^[\t\x20-\x7e]*$/.test(text), `a header contains other characters: ${JSON.stringify(text)}`);
}

/** Returns undefined for a string that is not JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
