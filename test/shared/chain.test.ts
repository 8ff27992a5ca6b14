import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Chain, type ChainEntry } from '../../src/shared/chain.ts';

describe('Chain', () => {
  it('a Chain holds the same values in the same order as a Map, after any additions and removals', () => {
    const operation = fc.oneof(
      fc.record({ what: fc.constant('add' as const), value: fc.nat(9) }),
      fc.record({ what: fc.constant('remove' as const), at: fc.nat(40) }),
      fc.record({ what: fc.constant('removeLast' as const), value: fc.nat(9) }),
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 80 }), (operations) => {
        const chain = new Chain<number>();
        const entries: ChainEntry[] = [];
        const model = new Map<ChainEntry, number>();
        for (const one of operations) {
          if (one.what === 'add') {
            const entry = chain.add(one.value);
            entries.push(entry);
            model.set(entry, one.value);
          } else if (one.what === 'remove') {
            const entry = entries[one.at];
            if (entry !== undefined) expect(entry.remove()).toBe(model.delete(entry));
          } else {
            const found = [...model].findLast(([, value]) => value === one.value)?.[0];
            expect(chain.removeLast((value) => value === one.value)).toBe(found !== undefined);
            if (found !== undefined) model.delete(found);
          }
          const values = [...model.values()];
          expect(chain.values()).toEqual(values);
          expect([chain.size, chain.first]).toEqual([values.length, values[0]]);
          expect(chain.every((value) => value < 5)).toBe(values.every((value) => value < 5));
          for (const entry of entries) expect(entry.isIn).toBe(model.has(entry));
        }
      }),
    );
  });
});
