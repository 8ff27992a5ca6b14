import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OriginLoads } from '../../../src/main/http/origin-loads.ts';

const HUB = 'https://hub';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

describe('OriginLoads', () => {
  it('the request limit of an origin doubles with each good response, up to the maximum', () => {
    const loads = new OriginLoads({ first: 4, most: 20 });
    const limits: number[] = [];
    loads.onChange((_, limit) => void limits.push(limit));
    for (let answer = 0; answer < 5; answer += 1) loads.answered(HUB);
    expect(limits).toEqual([8, 16, 20]);
    expect(loads.limitOf('https://other')).toBe(4);
  });

  it('the request limit of an origin is halved once for simultaneous rejections, and never falls below one', () => {
    const loads = new OriginLoads({ first: 4, most: 64 });
    for (let refusal = 0; refusal < 10; refusal += 1) loads.strained(HUB);
    expect(loads.limitOf(HUB)).toBe(2);
    for (let round = 0; round < 5; round += 1) {
      vi.advanceTimersByTime(1_000);
      loads.strained(HUB);
    }
    expect(loads.limitOf(HUB)).toBe(1);
  });

  it('the request limit of an origin grows by one for each round of good responses after an overload', () => {
    const loads = new OriginLoads({ first: 8, most: 64 });
    loads.strained(HUB);
    for (let answer = 0; answer < 4; answer += 1) loads.answered(HUB);
    expect(loads.limitOf(HUB)).toBe(5);
    for (let answer = 0; answer < 4; answer += 1) loads.answered(HUB);
    expect(loads.limitOf(HUB)).toBe(5);
    loads.answered(HUB);
    expect(loads.limitOf(HUB)).toBe(6);
  });

  it('a fixed request limit of an origin never changes', () => {
    const loads = OriginLoads.fixed(4);
    loads.answered(HUB);
    loads.strained(HUB);
    expect([loads.limitOf(HUB), loads.hasGrown(HUB), loads.isFixed]).toEqual([4, false, true]);
  });

  it('forget() resets the request limit of an origin to its first value', () => {
    const loads = new OriginLoads({ first: 4, most: 64 });
    loads.answered(HUB);
    expect(loads.hasGrown(HUB)).toBe(true);
    loads.forget(HUB);
    expect(loads.limitOf(HUB)).toBe(4);
  });
});
