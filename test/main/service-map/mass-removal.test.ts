import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeRemovals } from '../../../src/main/service-map/mass-removal.ts';
import type { Delta } from '../../../src/shared/map/delta.ts';

const delta = (overrides: Partial<Delta>): Delta => ({
  added: [],
  changed: [],
  removed: [],
  unchangedCount: 0,
  ...overrides,
});

describe('judgeRemovals', () => {
  it.each<[string, Delta, boolean]>([
    ['three of four', delta({ removed: ['a', 'b', 'c'], unchangedCount: 1 }), true],
    ['all of four', delta({ removed: ['a', 'b', 'c', 'd'] }), true],
    ['all of four, replaced by others', delta({ removed: ['a', 'b', 'c', 'd'], added: ['e', 'f', 'g', 'h'] }), true],
    ['three of four, the fourth changed', delta({ removed: ['a', 'b', 'c'], changed: ['d'] }), true],
    ['half of four', delta({ removed: ['a', 'b'], unchangedCount: 2 }), false],
    ['half of four, the rest changed', delta({ removed: ['a', 'b'], changed: ['c', 'd'] }), false],
    ['half of eight, the rest changed', delta({ removed: ['a', 'b', 'c', 'd'], changed: ['e', 'f', 'g', 'h'] }), false],
    ['all of three', delta({ removed: ['a', 'b', 'c'] }), false],
    ['nothing', delta({ unchangedCount: 9 }), false],
  ])('judgeRemovals() decides whether to delay a removal of connectors: %s', (_, change, isHeld) => {
    const { removed, held } = judgeRemovals(change, []);
    expect([removed, held]).toEqual(isHeld ? [[], change.removed] : [change.removed, []]);
  });

  it('judgeRemovals() removes a kept connector that the next map lacks too, unless the map lists it again', () => {
    const change = delta({ added: ['b'], unchangedCount: 4 });
    expect(judgeRemovals(change, ['a', 'b'])).toEqual({ removed: ['a'], held: [] });
  });

  it('judgeRemovals() removes connectors that it kept before, even if it keeps other connectors now', () => {
    const change = delta({ removed: ['w', 'x', 'y'], unchangedCount: 1 });
    expect(judgeRemovals(change, ['a'])).toEqual({ removed: ['a'], held: ['w', 'x', 'y'] });
  });

  it('judgeRemovals() either removes or keeps every missing connector', () => {
    const ids = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 3 }), { maxLength: 12 });
    fc.assert(
      fc.property(ids, ids, fc.nat(12), (removed, heldBefore, unchangedCount) => {
        const fresh = heldBefore.filter((id) => !removed.includes(id));
        const verdict = judgeRemovals(delta({ removed, unchangedCount }), fresh);
        expect(new Set([...verdict.removed, ...verdict.held])).toEqual(new Set([...removed, ...fresh]));
      }),
      { seed: 51 },
    );
  });
});
