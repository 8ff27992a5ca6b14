import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ToolListing } from '../../../../src/main/connectors/bring-up/list-tools.ts';
import { ToolRefresher } from '../../../../src/main/connectors/live/tool-refresher.ts';
import { isWithin, traced } from '../../../../src/main/observability/trace.ts';
import { SwitchyardError } from '../../../../src/shared/errors.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

const listing = (ttlMs: number | null = null): ToolListing => ({ tools: [], cutBecause: null, dropped: [], ttlMs });

function setUp(list: () => Promise<ToolListing> = async () => listing()) {
  const told: string[] = [];
  let readings = 0;
  const refresher = new ToolRefresher({
    list: () => {
      readings += 1;
      return list();
    },
    relistAfterMs: () => null,
    onListing: async () => void told.push('listing'),
    onFailure: () => void told.push('failure'),
  });
  return { refresher, told, readings: () => readings };
}

describe('ToolRefresher', () => {
  it('ToolRefresher reads the tools only after the wait that the server requested', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const busy = new SwitchyardError('CONNECTOR_LIST_INVALID', 'busy', { detail: { retryAfterMs: 30_000 } });
    let isBusy = true;
    const { refresher, readings, told } = setUp(() => (isBusy ? Promise.reject(busy) : Promise.resolve(listing())));
    await refresher.refresh();
    isBusy = false;
    refresher.notice();
    await refresher.refresh();
    await vi.advanceTimersByTimeAsync(29_900);
    expect([readings(), told]).toEqual([1, ['failure']]);
    await vi.advanceTimersByTimeAsync(200);
    expect([readings(), told]).toEqual([2, ['failure', 'listing']]);
  });

  it('ToolRefresher reads the tools once after a burst of notifications', async () => {
    const { refresher, readings, told } = setUp();
    for (let notice = 0; notice < 1_000; notice += 1) refresher.notice();
    await vi.advanceTimersByTimeAsync(99);
    expect(readings()).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect([readings(), told]).toEqual([1, ['listing']]);
  });

  it('ToolRefresher reads the tools about once a second during endless notifications, one request at a time', async () => {
    let inFlight = 0;
    let most = 0;
    const { refresher, readings } = setUp(async () => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      await new Promise((resolve) => setTimeout(resolve, 50));
      inFlight -= 1;
      return listing();
    });
    for (let ms = 0; ms < 10_000; ms += 1) {
      refresher.notice();
      await vi.advanceTimersByTimeAsync(1);
    }
    expect([most, readings() >= 8, readings() <= 12]).toEqual([1, true, true]);
  });

  it('if a timer of ToolRefresher starts a read, the read is not part of the trace in which the timer was set', async () => {
    const within: boolean[] = [];
    const { refresher } = setUp(async () => {
      within.push(isWithin('call'));
      return listing();
    });
    await traced('call', 'a call', {}, async () => {
      await refresher.refresh();
      refresher.notice();
      await vi.advanceTimersByTimeAsync(100);
      refresher.expireIn(5_000);
      await vi.advanceTimersByTimeAsync(5_000);
    });
    expect(within).toEqual([true, false, false]);
  });

  it('ToolRefresher reads the tools again if a notification arrives during a read', async () => {
    const { refresher, readings } = setUp(async () => {
      if (readings() === 1) refresher.notice();
      return listing();
    });
    await refresher.refresh();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(readings()).toBe(2);
  });

  it('two simultaneous refreshes of ToolRefresher share one read of the tools', async () => {
    const { refresher, readings } = setUp();
    await Promise.all([refresher.refresh(), refresher.refresh()]);
    expect(readings()).toBe(1);
  });

  it.each([
    [60_000, 60_000],
    [0, 5_000],
    [1e12, 86_400_000],
  ])('after a TTL hint of %d ms, ToolRefresher reads the tools again in %d ms', async (ttlMs, expected) => {
    const { refresher, readings } = setUp();
    refresher.expireIn(ttlMs);
    await vi.advanceTimersByTimeAsync(expected - 1);
    expect(readings()).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(readings()).toBe(1);
  });

  it('ToolRefresher reports a failed read, and reads the tools again at the next refresh', async () => {
    let isBroken = true;
    const { refresher, told } = setUp(async () => {
      if (isBroken) throw new Error('broken');
      return listing();
    });
    await refresher.refresh();
    isBroken = false;
    await refresher.refresh();
    expect(told).toEqual(['failure', 'listing']);
  });

  it('ToolRefresher starts no read after it is stopped, and ignores the result of a read in progress', async () => {
    const { refresher, readings, told } = setUp();
    refresher.notice();
    const reading = refresher.refresh();
    refresher.stop();
    await reading;
    refresher.notice();
    refresher.expireIn(1);
    await refresher.refresh();
    await vi.advanceTimersByTimeAsync(100_000);
    expect([readings(), told]).toEqual([1, []]);
  });
});
