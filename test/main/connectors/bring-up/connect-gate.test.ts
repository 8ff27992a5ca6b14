import { describe, expect, it } from 'vitest';
import { ConnectGate } from '../../../../src/main/connectors/bring-up/connect-gate.ts';
import { OriginLoads } from '../../../../src/main/http/origin-loads.ts';

describe('ConnectGate', () => {
  /** Returns a function `work` that counts how many of its calls run concurrently. */
  function counted(): { work: () => Promise<void>; most: () => number; release: () => void } {
    let running = 0;
    let most = 0;
    const gate = Promise.withResolvers<void>();
    const work = async (): Promise<void> => {
      running += 1;
      most = Math.max(most, running);
      await gate.promise;
      running -= 1;
    };
    return { work, most: () => most, release: () => gate.resolve() };
  }

  const turns = async (count: number): Promise<void> => {
    for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };

  it('ConnectGate limits the number of concurrent connection attempts per origin and in total', async () => {
    const gate = new ConnectGate(3, OriginLoads.fixed(2));
    const one = counted();
    const other = counted();
    const all = [1, 2, 3, 4].map(() => gate.run('http://one', one.work));
    all.push(...[1, 2].map(() => gate.run('http://other', other.work)));
    await turns(10);
    expect([one.most(), other.most()]).toEqual([2, 1]);
    one.release();
    other.release();
    await Promise.all(all);
    expect(other.most()).toBeLessThanOrEqual(2);
  });

  it('ConnectGate does not let attempts to a slow origin delay attempts to other origins', async () => {
    const gate = new ConnectGate(3, OriginLoads.fixed(2));
    const slow = counted();
    const all = Array.from({ length: 10 }, () => gate.run('http://slow', slow.work));
    await gate.run('http://quick', async () => {});
    slow.release();
    await Promise.all(all);
  });

  it('ConnectGate starts one connection attempt per turn of the event loop', async () => {
    const gate = new ConnectGate(64, OriginLoads.fixed(64));
    let inThisTurn = 0;
    let most = 0;
    const reset = (): void => {
      inThisTurn = 0;
    };
    const work = async (): Promise<void> => {
      if (inThisTurn === 0) setImmediate(reset);
      inThisTurn += 1;
      most = Math.max(most, inThisTurn);
    };
    await Promise.all(Array.from({ length: 20 }, () => gate.run('http://one', work)));
    expect(most).toBe(1);
  });

  it('ConnectGate raises the limit of an origin that responded, and resets the limit when the origin is idle', async () => {
    const loads = new OriginLoads({ first: 2, most: 8 });
    const gate = new ConnectGate(64, loads);
    const work = counted();
    const all = Array.from({ length: 10 }, () => gate.run('http://one', work.work));
    await turns(20);
    expect(work.most()).toBe(2);
    loads.answered('http://one');
    await turns(20);
    expect(work.most()).toBe(4);
    loads.answered('http://one');
    loads.answered('http://one');
    await turns(20);
    expect(work.most()).toBe(8);
    work.release();
    await Promise.all(all);
    await turns(1);
    expect(loads.limitOf('http://one')).toBe(2);
  });

  it('ConnectGate starts the next connection attempt after an attempt that failed', async () => {
    const gate = new ConnectGate(1, OriginLoads.fixed(1));
    await expect(gate.run('http://one', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(gate.run('http://one', async () => 'yes')).resolves.toBe('yes');
  });
});
