import { describe, expect, it } from 'vitest';
import { ManifestCache } from '../../../src/main/service-map/manifest-cache.ts';

describe('ManifestCache', () => {
  it('ManifestCache returns its value as fresh until it expires, and as the last good value afterwards', () => {
    let now = 1_000;
    const cache = new ManifestCache<string>({ now: () => now });
    expect([cache.get(), cache.getFresh(), cache.peek()]).toEqual([undefined, undefined, undefined]);
    cache.set('map', 50);
    now = 1_049;
    expect([cache.get(), cache.getFresh()]).toEqual(['map', 'map']);
    now = 1_050;
    expect([cache.get(), cache.getFresh()]).toEqual(['map', undefined]);
    cache.invalidate();
    expect(cache.peek()).toBeUndefined();
  });

  it('ManifestCache returns the value that was set last, even after it expired', () => {
    let now = 0;
    const cache = new ManifestCache<string>({ now: () => now });
    cache.set('first', 10);
    cache.set('second', 10);
    now = 20;
    expect(cache.get()).toBe('second');
  });

  it('a ManifestCache value expires no later if the clock is set back, and sooner if the clock is set forward', () => {
    const clock = { nowMs: 1_000_000, elapsedMs: 0 };
    const cache = new ManifestCache<string>({ now: () => clock.nowMs }, () => clock.elapsedMs);
    cache.set('map', 60_000);
    clock.nowMs -= 3_600_000;
    clock.elapsedMs = 59_999;
    expect(cache.getFresh()).toBe('map');
    clock.elapsedMs = 60_000;
    expect([cache.getFresh(), cache.get()]).toEqual([undefined, 'map']);
    cache.set('map', 60_000);
    clock.nowMs += 3_600_000;
    expect([cache.getFresh(), cache.get()]).toEqual([undefined, 'map']);
  });

  it.each([0, -1, Number.NaN])(
    'ManifestCache returns a value with the TTL %d only from peek(), because the value is never fresh',
    (ttlMs) => {
      const cache = new ManifestCache<string>({ now: () => 0 });
      cache.set('map', ttlMs);
      expect([cache.get(), cache.getFresh(), cache.peek()]).toEqual([undefined, undefined, 'map']);
    },
  );
});
