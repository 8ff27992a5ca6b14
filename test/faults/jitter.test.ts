import { describe, expect, it } from 'vitest';
import { RefreshScheduler } from '../../src/main/index.ts';
import { silentLogger } from '../../src/main/observability/logger.ts';
import { answer, FaultyServer } from '../helpers/faulty-server.ts';
import { mapNow, mapUnderTest } from '../helpers/map-under-test.ts';

const HOSTS = 1_000;
const INTERVAL_MS = 300_000;

/** Creates a Park-Miller random generator from a seed, so that a failure can be repeated. */
function seeded(seed: number): { next(): number } {
  let state = seed;
  return {
    next() {
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647;
    },
  };
}

/**
 * Returns the times at which each host starts its first `rounds` refreshes, in ms from the start. The refreshes
 * themselves take no time.
 */
async function askedAt(rounds: number, jitterFactor?: number): Promise<number[][]> {
  const random = seeded(27);
  const byRound: number[][] = Array.from({ length: rounds }, () => []);
  for (let host = 0; host < HOSTS; host += 1) {
    let now = 0;
    const timers: { readonly delayMs: number; readonly fire: () => void }[] = [];
    const scheduler = new RefreshScheduler({
      intervalMs: INTERVAL_MS,
      jitterFactor,
      onRefresh: () => {},
      logger: silentLogger,
      random,
      startTimer: (delayMs, fire) => {
        timers.push({ delayMs, fire });
        return { cancel: () => {} };
      },
    });
    scheduler.start();
    for (const times of byRound) {
      const { delayMs, fire } = timers.at(-1) ?? expect.fail('a running scheduler must have a timer');
      now += delayMs;
      times.push(now);
      fire();
      await scheduler.forceRefresh();
    }
    scheduler.stop();
  }
  return byRound;
}

/** Returns the largest share of hosts that refresh within any window of 5 % of the interval. */
function worstShare(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  let worst = 0;
  let start = 0;
  for (const [end, time] of sorted.entries()) {
    while (time - (sorted[start] ?? 0) > INTERVAL_MS * 0.05) start += 1;
    worst = Math.max(worst, end - start + 1);
  }
  return worst / times.length;
}

describe('a thousand hosts that start together', () => {
  it('fault 27: the first refreshes of a thousand hosts that start together are spread evenly by the jitter', async () => {
    const [first = []] = await askedAt(1);
    expect([Math.min(...first) >= INTERVAL_MS * 0.8, Math.max(...first) <= INTERVAL_MS * 1.2]).toEqual([true, true]);
    const histogram = new Array<number>(12).fill(0);
    for (const time of first) {
      const slot = Math.floor((time - INTERVAL_MS * 0.8) / 10_000);
      histogram[slot] = (histogram[slot] ?? 0) + 1;
    }
    // With an even spread, each twelfth of the time holds about 83 hosts. Without jitter, one twelfth would hold all
    // hosts.
    expect(histogram.every((count) => count > 50 && count < 125)).toBe(true);
  });

  it('fault 27: of a thousand hosts, less than a quarter refresh within the same 5 % of the refresh interval', async () => {
    const shares = (await askedAt(5)).map(worstShare);
    expect(Math.max(...shares)).toBeLessThan(0.25);
    expect(shares.at(-1)).toBeLessThan((shares[0] ?? 0) * 0.75);
  });

  it('fault 27: a thousand hosts that start together refresh at the same time if there is no jitter (control)', async () => {
    expect((await askedAt(2, 0)).map(worstShare)).toEqual([1, 1]);
  });
});

describe('callers within one process', () => {
  it('fault 27: concurrent calls of sync() in one process share one load of the map, even if the load fails', async () => {
    await using server = await FaultyServer.start(answer(mapNow()));
    await using held = mapUnderTest(server.url);
    await Promise.all(Array.from({ length: 50 }, (_, index) => held.manager.sync(index % 2 === 0)));
    expect(server.requests).toHaveLength(1);
    server.behave(answer('', 'HTTP/1.1 500 Internal Server Error\r\n'));
    await Promise.all(Array.from({ length: 50 }, () => held.manager.sync(true)));
    expect([server.requests.length, held.complaints()]).toEqual([4, ['map-refresh-failed MAP_HTTP_STATUS']]);
  });
});
