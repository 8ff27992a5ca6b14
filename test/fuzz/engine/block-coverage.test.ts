import { describe, expect, it } from 'vitest';
import { CoverageMap, notRun, reachesAll } from './block-coverage.ts';

const range = (startOffset: number, endOffset: number, count: number) => ({ startOffset, endOffset, count });
const reached = (...ranges: ReturnType<typeof range>[]) =>
  new Map([['f', { functionName: 'f', isBlockCoverage: true, ranges }]]);

describe('notRun', () => {
  it.each([
    [[range(0, 100, 1)], []],
    [[range(0, 100, 1), range(10, 20, 0), range(30, 40, 2)], [[10, 20]]],
    [
      [range(0, 100, 1), range(10, 50, 0), range(20, 30, 0), range(60, 70, 3), range(62, 65, 0)],
      [
        [10, 50],
        [62, 65],
      ],
    ],
    // A resumed generator: the start of its function did not run since the last reading.
    [
      [range(0, 100, 0), range(40, 60, 1)],
      [
        [0, 40],
        [60, 100],
      ],
    ],
  ] as const)('notRun() returns the ranges of code whose innermost block did not run: %j', (ranges, expected) => {
    expect(notRun(ranges)).toEqual(expected);
  });
});

describe('CoverageMap', () => {
  it('CoverageMap reports code as new if it has not run before, however V8 divides it into blocks', () => {
    const map = new CoverageMap();
    const first = reached(range(0, 100, 1), range(10, 30, 0));
    expect([...map.newIn(first)]).toEqual([
      [
        'f',
        [
          [0, 10],
          [30, 100],
        ],
      ],
    ]);
    map.add(first);
    expect(map.newIn(first).size).toBe(0);
    const second = reached(range(0, 100, 4), range(20, 90, 0));
    const novelty = map.newIn(second);
    expect([...novelty]).toEqual([['f', [[10, 20]]]]);
    map.add(second);
    expect(map.newIn(second).size).toBe(0);
    expect([reachesAll(second, novelty), reachesAll(first, novelty), reachesAll(new Map(), novelty)]).toEqual([
      true,
      false,
      false,
    ]);
    expect(map.blocks).toBe(1);
  });
});
