import { describe, expect, it } from 'vitest';
import { Shares } from '../../../src/main/gateway/shares.ts';

describe('Shares', () => {
  it('a single caller may use a whole limit if the share of each caller is 1', () => {
    const shares = new Shares(2, 1);
    const [first, second] = [shares.place('a'), shares.place('a')];
    expect([first === null, second === null, shares.place('a')]).toEqual([false, false, null]);
    first?.[Symbol.dispose]();
    expect(shares.place('a')).not.toBeNull();
  });

  it('a single caller may use at most half of a limit if the share of each caller is 0.5', () => {
    const shares = new Shares(4, 0.5);
    shares.take('a', 2);
    expect([shares.has('a'), shares.hasShare('a'), shares.has('b'), shares.has('b', 3)]).toEqual([
      false,
      false,
      true,
      false,
    ]);
    shares.take('b', 2);
    expect([shares.has('c'), shares.hasShare('c'), shares.total]).toEqual([false, true, 4]);
  });

  it('Shares lists the callers that use the most first, and forgets callers that use nothing', () => {
    const shares = new Shares(10, 1);
    shares.take('a');
    shares.take('b', 3);
    expect(shares.byAmount()).toEqual(['b', 'a']);
    shares.give('b', 3);
    expect(shares.byAmount()).toEqual(['a']);
  });
});
