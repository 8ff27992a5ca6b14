import { afterEach, expect, it, vi } from 'vitest';
import { watchLoopDelay } from '../../../../../src/main/gateway/status-page/model/loop-delay.ts';

afterEach(() => void vi.useRealTimers());

it('shows the last whole interval, and ends when it is told to', () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const watch = watchLoopDelay(10_000);
  expect(watch.read()).toEqual({ p50Ms: 0, p99Ms: 0, maxMs: 0 });
  vi.advanceTimersByTime(10_000);
  expect(watch.read().maxMs).toBeGreaterThanOrEqual(watch.read().p50Ms);
  expect(vi.getTimerCount()).toBe(1);
  watch.close();
  watch.close();
  expect(vi.getTimerCount()).toBe(0);
});
