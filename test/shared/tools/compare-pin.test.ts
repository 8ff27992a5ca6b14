import { describe, expect, it } from 'vitest';
import { comparePin, isSameChange, toolDigest } from '../../../src/shared/tools/compare-pin.ts';
import type { RemoteToolDefinition } from '../../../src/shared/tools/tool-definition.ts';

const FIRST: RemoteToolDefinition = { name: 't', description: 'first', inputSchema: { type: 'object', minimum: 0 } };
const compare = (definition: RemoteToolDefinition, pinned = FIRST) =>
  comparePin({ connectorId: 'c', definition: pinned, pinnedAtMs: 5 }, definition);

describe('comparePin', () => {
  it.each([
    [{ title: 'T' }, ['title']],
    [{ description: 'second' }, ['description']],
    [{ inputSchema: {}, outputSchema: {} }, ['inputSchema', 'outputSchema']],
    [{ annotations: { readOnlyHint: true } }, ['annotations']],
  ])('comparePin() names the members in which a tool differs from its pin: %j', (overrides, members) => {
    const changed = { ...FIRST, ...overrides };
    expect(compare(changed)).toEqual({
      ...{ connectorId: 'c', tool: 't', members, pinnedAtMs: 5 },
      ...{ pinnedSha256: toolDigest(FIRST), sha256: toolDigest(changed), pinned: FIRST, current: changed },
    });
  });

  it.each([
    ['changes of members that are not pinned', { ...FIRST, _meta: { seen: 1 }, icons: [] }],
    ['the order of members', { inputSchema: { minimum: 0, type: 'object' }, description: 'first', name: 't' }],
    ['the sign of zero, which JSON does not have', { ...FIRST, inputSchema: { type: 'object', minimum: -0 } }],
  ])('comparePin() ignores %s', (_what, definition) => {
    expect(compare(definition)).toBeNull();
  });

  it('comparePin() compares tools whose text has no canonical form, with members in any order', () => {
    const odd = { ...FIRST, inputSchema: { a: '\ud800', b: 1 } };
    expect(compare({ ...FIRST, inputSchema: { b: 1, a: '\ud800' } }, odd)).toBeNull();
    expect(compare({ ...FIRST, inputSchema: { a: '\ud800', b: 2 } }, odd)).toMatchObject({ members: ['inputSchema'] });
  });
});

describe('isSameChange', () => {
  it('isSameChange() distinguishes changes by connector, tool and digest', () => {
    const change = { connectorId: 'c', tool: 't', sha256: 's' };
    const others = [{ connectorId: 'x' }, { tool: 'x' }, { sha256: 'x' }].map((other) => ({ ...change, ...other }));
    expect(isSameChange(change, { ...change })).toBe(true);
    expect(others.map((other) => isSameChange(change, other))).toEqual([false, false, false]);
  });
});
