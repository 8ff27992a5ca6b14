import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createExposedNames } from '../../../../src/main/gateway/catalog/exposed-names.ts';

const names = createExposedNames();
const id = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,30}$/);
const tool = fc.stringMatching(/^[A-Za-z0-9_./-]{1,60}$/);

describe('createExposedNames', () => {
  it('exposed tool names are unique, and contain only characters that every client accepts', () => {
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

  it('any tool name, even an empty one or a lone surrogate, gets a valid and unique exposed name', () => {
    const seen = new Map<string, string>();
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('', ' ', '\ud800', '\ud801', 'a\udc00', 'a:b'),
    );
    fc.assert(
      fc.property(id, anything, (connectorId, name) => {
        const exposed = names.expose(connectorId, name);
        expect(exposed).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
        const whose = JSON.stringify([connectorId, name]);
        expect(seen.get(exposed) ?? whose).toBe(whose);
        seen.set(exposed, whose);
      }),
      { numRuns: 2_000 },
    );
    expect(names.expose('a', '\ud800')).not.toBe(names.expose('a', '\ud801'));
  });

  it.each([
    ['github', 'create_issue', 'github__create_issue'],
    ['a-b', 'c-d', 'a-b__c-d'],
  ])(
    'connector %s and tool %s get the exposed name %s, which contains both names unchanged',
    (connectorId, name, exposed) => {
      expect(names.expose(connectorId, name)).toBe(exposed);
      expect(names.split(exposed)).toEqual({ connectorId, name });
    },
  );

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
  ] as const)('the pairs of connector and tool %j and %j get different exposed names', (one, other) => {
    expect(names.expose(one[0], one[1])).not.toBe(names.expose(other[0], other[1]));
  });

  it("a server cannot choose a tool name that gets the exposed name of another server's tool", () => {
    const victim = names.expose('fo.o', 'x');
    const [, tail = ''] = victim.split('__');
    expect(names.expose('fo_o', tail)).not.toBe(victim);
    expect(names.split(victim)).toBeNull();
  });

  it('exposed tool names have the given separator between connector and tool', () => {
    const dotted = createExposedNames('.');
    expect(dotted.expose('github', 'x')).toBe('github.x');
    expect(dotted.split('github.x')).toEqual({ connectorId: 'github', name: 'x' });
    expect(dotted.split('github')).toBeNull();
  });

  it('an exposed tool name of 64 characters stays unchanged, and a name of 65 characters is shortened', () => {
    const [fits, isTooLong] = ['x'.repeat(64 - 'github__'.length), 'x'.repeat(65 - 'github__'.length)];
    expect(names.expose('github', fits)).toBe(`github__${fits}`);
    expect(names.split(`github__${fits}`)).toEqual({ connectorId: 'github', name: fits });
    const shortened = names.expose('github', isTooLong);
    expect(shortened).toMatch(/^github__x+_[0-9a-f]{12}$/);
    expect(shortened).toHaveLength(64);
    expect([names.split(shortened), names.split(`github__${isTooLong}`)]).toEqual([null, null]);
  });
});
