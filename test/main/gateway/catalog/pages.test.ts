import { describe, expect, it } from 'vitest';
import { createSelection, lowerBound, pageOf } from '../../../../src/main/gateway/catalog/pages.ts';

describe('pageOf', () => {
  const writing = { keyOf: (item: string): string => item, write: (item: string): string => JSON.stringify(item) };
  const list = Array.from({ length: 2_500 }, (_, index) => String(index).padStart(5, '0'));
  const itemsOf = ({ json }: { json: string }): string[] => JSON.parse(`[${json}]`) as string[];

  it('pageOf() neither repeats nor skips an entry if the list changes between two pages', () => {
    const first = pageOf(list, writing, undefined);
    const changed = list.filter((item) => item !== '00999' && item !== '01500');
    const second = pageOf(changed, writing, first.nextCursor);
    expect([itemsOf(first).length, itemsOf(second)[0], itemsOf(second).includes('01500')]).toEqual([
      1_000,
      '01000',
      false,
    ]);
    const third = pageOf(changed, writing, second.nextCursor);
    expect(third.nextCursor).toBeUndefined();
    expect(pageOf([], writing, undefined)).toEqual({ json: '', nextCursor: undefined });
  });

  it('pageOf() continues on another page if a page is full, and omits entries that are too long for any page', () => {
    const long = list.slice(0, 100).map((item) => item + 'x'.repeat(item === '00050' ? 300_000 : 200_000));
    const pages = [pageOf(long, writing, undefined)];
    for (let cursor = pages[0]?.nextCursor; cursor !== undefined; cursor = pages.at(-1)?.nextCursor)
      pages.push(pageOf(long, writing, cursor));
    expect(pages.length).toBeGreaterThan(3);
    expect(Math.max(...pages.map(({ json }) => json.length))).toBeLessThan(5_000_000);
    expect(pages.flatMap(itemsOf)).toEqual(long.filter((item) => !item.startsWith('00050')));
  });

  it.each([7, '', '!!!', 'a b'])('pageOf() rejects the cursor %j, which it did not create', (cursor) => {
    expect(() => pageOf(list, writing, cursor)).toThrow('cursor');
  });
});

describe('lowerBound', () => {
  it('lowerBound() finds the first entry whose key is equal to or greater than the given key', () => {
    const find = (key: string) => lowerBound(['a', 'c', 'c', 'e'], (item) => item, key);
    expect(['', 'a', 'b', 'c', 'd', 'e', 'f'].map(find)).toEqual([0, 0, 1, 1, 3, 3, 4]);
  });
});

describe('createSelection', () => {
  it('createSelection() filters the same list only once, and filters again when it gets another list', () => {
    let tested = 0;
    const select = createSelection((item: number) => {
      tested += 1;
      return item > 1;
    });
    const numbers = [1, 2, 3];
    expect([select(numbers), select(numbers), tested]).toEqual([[2, 3], [2, 3], 3]);
    expect([select([5]), tested]).toEqual([[5], 4]);
  });
});
