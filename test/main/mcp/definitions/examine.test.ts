import { isDeepStrictEqual } from 'node:util';
import { PromptSchema, ResourceSchema, ResourceTemplateSchema, ToolSchema } from '@modelcontextprotocol/sdk/types.js';
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv';
import { describe, expect, it } from 'vitest';
import { type DefinitionKind, REPAIRS } from '../../../../src/main/mcp/definitions/definition.ts';
import { examine, invalidReason } from '../../../../src/main/mcp/definitions/examine.ts';
import { WIRE_REVISIONS } from '../../../../src/main/mcp/definitions/wire-revision.ts';
import { goodDefinition, MALFORMED } from '../../../helpers/malformed-definitions.ts';

const KINDS: readonly DefinitionKind[] = ['tool', 'prompt', 'resource', 'template'];

/** The checks that version 1.x of the MCP SDK makes for each kind of definition. */
const SDK_1: Readonly<Record<DefinitionKind, (definition: unknown) => void>> = {
  tool: (definition) => {
    const { outputSchema } = ToolSchema.parse(definition);
    if (outputSchema !== undefined) new AjvJsonSchemaValidator().getValidator(outputSchema as object);
  },
  prompt: (definition) => void PromptSchema.parse(definition),
  resource: (definition) => void ResourceSchema.parse(definition),
  template: (definition) => void ResourceTemplateSchema.parse(definition),
};

describe('examine', () => {
  it.each(KINDS)('examine() returns a valid %s unchanged for every protocol revision', (kind) => {
    const definition = goodDefinition(kind, 'x');
    for (const revision of WIRE_REVISIONS)
      expect(examine(kind, definition, revision)).toEqual({ view: definition, repairs: [], reason: null, fault: null });
    expect(examine(kind, definition, '2025-06-18').view).toBe(definition);
  });

  it.each(MALFORMED)(
    'examine() repairs or drops a $kind with $what, depending on the protocol revision',
    ({ kind, definition, view, legacy }) => {
      const before = structuredClone(definition);
      expect(examine(kind, definition, '2026-07-28').view).toEqual(view);
      expect(examine(kind, definition, '2025-11-25').view).toEqual(legacy);
      // The repair made a copy, so the original definition is unchanged.
      expect(definition).toEqual(before);
      if (!isDeepStrictEqual(definition, legacy)) expect(() => SDK_1[kind](definition)).toThrow();
      if (legacy !== null) SDK_1[kind](legacy);
    },
  );

  it('examine() makes exactly the eight kinds of repairs that `REPAIRS` lists', () => {
    const all = MALFORMED.flatMap(({ kind, definition }) => [
      ...examine(kind, definition, '2026-07-28').repairs,
      ...examine(kind, definition, '2025-11-25').repairs,
    ]);
    expect(Object.keys(REPAIRS)).toHaveLength(8);
    expect(new Set(all)).toEqual(new Set(Object.keys(REPAIRS)));
  });

  it('examine() hides the output schema from clients whose protocol version has no output schemas', () => {
    const tool = { ...goodDefinition('tool', 'x'), outputSchema: { type: 'object' } };
    expect(examine('tool', tool, '2025-06-18').view).toBe(tool);
    expect(examine('tool', tool, '2025-03-26').view).toEqual(goodDefinition('tool', 'x'));
  });

  it('examine() keeps __proto__ and names of Object.prototype as ordinary members', () => {
    const text = '{"name":"x","description":null,"inputSchema":{"properties":{"__proto__":null,"constructor":{}}}}';
    const { view } = examine('tool', JSON.parse(text), '2026-07-28');
    expect(JSON.stringify(view)).toBe(
      '{"name":"x","inputSchema":{"properties":{"__proto__":{},"constructor":{}},"type":"object"}}',
    );
  });

  it('examine() drops numbers that have no JSON representation', () => {
    const resource = JSON.parse('{"uri":"x:y","name":"n","size":1e999}');
    expect(examine('resource', resource, '2025-11-25').view).toEqual({ uri: 'x:y', name: 'n' });
  });
});

it('invalidReason() names the invalid member and never its value', () => {
  const tool = { ...goodDefinition('tool', 'x'), annotations: { readOnlyHint: 'a secret' } };
  expect(invalidReason('tool', tool)).toBe('annotations.readOnlyHint is not a boolean');
  expect(invalidReason('tool', goodDefinition('tool', 'x'))).toBeNull();
  expect(invalidReason('prompt', { name: 'p', arguments: [{ name: 'a' }, 'b'] })).toBe('arguments[1] has no name');
});
