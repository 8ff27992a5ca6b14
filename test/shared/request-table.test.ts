import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RequestTable } from '../../src/shared/request-table.ts';

describe('RequestTable', () => {
  it('a RequestTable holds the same entries as a Map, for its own ids and for any other ids', () => {
    const operation = fc.oneof(
      { weight: 3, arbitrary: fc.record({ what: fc.constant('next' as const), at: fc.constant(0) }) },
      { weight: 2, arbitrary: fc.record({ what: fc.constant('delete' as const), at: fc.nat(300) }) },
      {
        weight: 1,
        arbitrary: fc.record({ what: fc.constant('set' as const), at: fc.integer({ min: 1, max: 2 ** 40 }) }),
      },
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 400 }), (operations) => {
        const table = new RequestTable<string>();
        const model = new Map<number, string>();
        const given: number[] = [];
        for (const { what, at } of operations) {
          const id = what === 'next' ? table.nextId() : what === 'set' ? at : (given[at] ?? at + 1);
          if (what === 'next') expect(given).not.toContain(id);
          if (what !== 'delete') given.push(id);
          if (what === 'delete') {
            table.delete(id);
            model.delete(id);
          } else {
            table.set(id, `of ${id}`);
            model.set(id, `of ${id}`);
          }
          expect(table.get(id)).toBe(model.get(id));
          expect(table.size).toBe(model.size);
        }
        for (const id of given) expect(table.get(id)).toBe(model.get(id));
        expect(table.values()).toEqual([...model].sort(([a], [b]) => a - b).map(([, value]) => value));
      }),
    );
  });

  it('a RequestTable returns increasing ids even while one request waits forever', () => {
    const table = new RequestTable<number>();
    const ids = Array.from({ length: 1_000 }, () => {
      const id = table.nextId();
      table.set(id, id);
      if (id !== 1) table.delete(id);
      return id;
    });
    expect(new Set(ids).size).toBe(1_000);
    expect(ids.toSorted((a, b) => a - b)).toEqual(ids);
    expect([table.get(1), table.size]).toEqual([1, 1]);
  });
});
