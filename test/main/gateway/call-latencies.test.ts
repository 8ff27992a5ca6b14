import { describe, expect, it } from 'vitest';
import { CallLatencies } from '../../../src/main/gateway/call-latencies.ts';

describe('CallLatencies', () => {
  it("CallLatencies returns the durations of a connector's last 60 calls, oldest first, and which of them failed", () => {
    const latencies = new CallLatencies();
    for (let call = 1; call <= 100; call += 1) latencies.record('a', call, call % 50 !== 0);
    expect(latencies.of('a')).toEqual({
      recentMs: Array.from({ length: 60 }, (_, index) => 41 + index),
      failed: [9, 59],
      p50Ms: 70,
      p95Ms: 97,
      maxMs: 100,
    });
    expect(latencies.recorded).toBe(100);
  });

  it('CallLatencies returns null for a connector that was never called', () => {
    expect(new CallLatencies().of('a')).toBeNull();
  });

  it('CallLatencies returns the duration of a single call as its median, its 95th percentile and its maximum', () => {
    const latencies = new CallLatencies();
    latencies.record('a', 7, true);
    expect(latencies.of('a')).toEqual({ recentMs: [7], failed: [], p50Ms: 7, p95Ms: 7, maxMs: 7 });
  });

  it('CallLatencies forgets the connector that was called least recently if there are more connectors than its limit', () => {
    const latencies = new CallLatencies(2);
    for (const id of ['a', 'b', 'a', 'c']) latencies.record(id, 1, true);
    expect(['a', 'b', 'c'].filter((id) => latencies.of(id) !== null)).toEqual(['a', 'c']);
  });

  it('CallLatencies ignores invalid durations', () => {
    const latencies = new CallLatencies();
    for (const ms of [Number.NaN, -1, Number.POSITIVE_INFINITY]) latencies.record('a', ms, true);
    expect([latencies.of('a'), latencies.recorded]).toEqual([null, 0]);
  });
});
