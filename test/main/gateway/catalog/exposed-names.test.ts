import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createExposedNames } from '../../../../src/main/gateway/catalog/exposed-names.ts';
import { createNameFilter } from '../../../../src/main/gateway/catalog/name-filter.ts';
import { exposeUri, resolveUri } from '../../../../src/main/gateway/catalog/resource-uris.ts';

const names = createExposedNames();
const id = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,30}$/);
const tool = fc.stringMatching(/^[A-Za-z0-9_./-]{1,60}$/);

describe('exposed names', () => {
  it('are accepted by every client, and no two are the same', () => {
    const seen = new Map<string, string>();
    fc.assert(
      fc.property(id, tool, (connectorId, name) => {
        const exposed = names.expose(connectorId, name);
        expect(exposed).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
        const whose = JSON.stringify([connectorId, name]);
        expect(seen.get(exposed) ?? whose).toBe(whose);
        seen.set(exposed, whose);
        const parts = names.split(exposed);
        if (parts !== null) expect(parts).toEqual({ connectorId, name });
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['github', 'create_issue', 'github__create_issue'],
    ['a-b', 'c-d', 'a-b__c-d'],
  ])('of %s and %s are the plain ones', (connectorId, name, exposed) => {
    expect(names.expose(connectorId, name)).toBe(exposed);
    expect(names.split(exposed)).toEqual({ connectorId, name });
  });

  it.each([
    [
      ['a', '_b'],
      ['a_', 'b'],
    ],
    [
      ['a', 'b__c'],
      ['a__b', 'c'],
    ],
    [
      ['a.b', 'c'],
      ['a_b', 'c'],
    ],
    [
      ['a', 'b/c'],
      ['a', 'b_c'],
    ],
  ] as const)('tell %j from %j', (one, other) => {
    expect(names.expose(one[0], one[1])).not.toBe(names.expose(other[0], other[1]));
  });

  it('that were changed cannot be claimed by calling a tool so', () => {
    const victim = names.expose('fo.o', 'x');
    const [, tail = ''] = victim.split('__');
    expect(names.expose('fo_o', tail)).not.toBe(victim);
    expect(names.split(victim)).toBeNull();
  });

  it('have the separator that was chosen', () => {
    const dotted = createExposedNames('.');
    expect(dotted.expose('github', 'x')).toBe('github.x');
    expect(dotted.split('github.x')).toEqual({ connectorId: 'github', name: 'x' });
    expect(dotted.split('github')).toBeNull();
  });
});

describe('exposed URIs', () => {
  it('lead back to their connector and its own, and begin with a scheme', () => {
    fc.assert(
      fc.property(id, fc.webUrl(), (connectorId, uri) => {
        const exposed = exposeUri(connectorId, uri);
        expect(resolveUri(exposed)).toEqual({ connectorId, uri });
        expect(exposed).toMatch(/^[a-z][a-z0-9.+-]*\+/);
        expect(URL.canParse(exposed)).toBe(true);
      }),
    );
  });

  it.each(['test://x', '+x', 'A+x', 'a.zz+x', 'a.6+x', 'z+x', 'a.61+x', ''])('are not made of %j', (uri) => {
    expect(resolveUri(uri)).toBeNull();
  });
});

describe('a filter of names', () => {
  it.each([
    [[], 'a__b', true],
    [['a__*'], 'a__b', true],
    [['a__*'], 'b__a', false],
    [['!a__delete_*'], 'a__delete_x', false],
    [['!a__delete_*'], 'a__read', true],
    [['!a__b', 'a__*'], 'a__b', false],
    [['{a,b}__x'], 'b__x', true],
    [['a__*'], 'a__b/c', true],
    [['*'], '.hidden', true],
  ] as const)('%j of %s is %s', (patterns, name, isAllowed) => {
    expect(createNameFilter(patterns)(name)).toBe(isAllowed);
  });
});
