import { createHistogram } from 'node:perf_hooks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startLoopDelayMeter, watchLoopDelay } from '../../../src/main/observability/loop-delay.ts';

/**
 * Creates a histogram whose samples the test records, in milliseconds. A sample includes the 10 ms between two
 * measurements.
 */
function ownSamples() {
  const histogram = createHistogram();
  const switched: string[] = [];
  return {
    record: (ms: number) => histogram.record(Math.round(ms * 1e6)),
    switched,
    samples: {
      enable: () => switched.push('on') > 0,
      disable: () => switched.push('off') > 0,
      reset: () => histogram.reset(),
      get count() {
        return histogram.count;
      },
      percentile: (percent: number) => histogram.percentile(percent),
      get max() {
        return histogram.max;
      },
    },
  };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('startLoopDelayMeter', () => {
  it('the loop delay meter reports the delay of the event loop, without the time between two samples', () => {
    const { samples, record } = ownSamples();
    const meter = startLoopDelayMeter(samples);
    expect(meter.read()).toEqual({ p50Ms: 0, p99Ms: 0, maxMs: 0 });
    for (const ms of [10, 10, 9, 60]) record(ms);
    const { p50Ms, p99Ms, maxMs } = meter.read();
    expect(p50Ms).toBeLessThan(0.1);
    expect([Math.round(p99Ms), Math.round(maxMs)]).toEqual([50, 50]);
  });

  it('the loop delay meter starts from zero after a reset, and does not affect other meters', () => {
    const [one, other] = [ownSamples(), ownSamples()];
    const meters = [startLoopDelayMeter(one.samples), startLoopDelayMeter(other.samples)];
    one.record(60);
    other.record(60);
    meters[0]?.reset();
    expect(meters.map((meter) => Math.round(meter.read().maxMs))).toEqual([0, 50]);
  });
});

describe('watchLoopDelay', () => {
  it('watchLoopDelay() reports the last complete interval', () => {
    const { samples, record } = ownSamples();
    const watch = watchLoopDelay(10_000, startLoopDelayMeter(samples));
    record(60);
    expect(Math.round(watch.read().maxMs)).toBe(50);
    vi.advanceTimersByTime(10_000);
    record(110);
    expect(Math.round(watch.read().maxMs)).toBe(50);
    vi.advanceTimersByTime(10_000);
    expect(Math.round(watch.read().maxMs)).toBe(100);
    watch.close();
  });

  it('watchLoopDelay() leaves no timer and no measurement behind when it is closed', () => {
    const { samples, switched } = ownSamples();
    const watch = watchLoopDelay(10_000, startLoopDelayMeter(samples));
    watch.close();
    watch.close();
    expect([vi.getTimerCount(), switched]).toEqual([0, ['on', 'off', 'off']]);
  });

  it('watchLoopDelay() measures the real event loop by default', () => {
    const watch = watchLoopDelay(10_000);
    expect(watch.read().maxMs).toBeGreaterThanOrEqual(0);
    watch.close();
  });
});
