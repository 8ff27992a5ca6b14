import { describe, expect, it } from 'vitest';
import { parseConnectorFeatureFlags } from '../../../src/main/options/feature-flags.ts';
import { ManifestCache } from '../../../src/main/service-map/manifest-cache.ts';
import { CircuitBreaker } from '../../../src/main/service-map/refresh/circuit-breaker.ts';
import { retry } from '../../../src/main/service-map/refresh/retry.ts';

describe('ManifestCache', () => {
  it('gives its value as fresh until its time is over and as the last good one afterwards', () => {
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

  it('serves the last value set once it has expired, not the one before', () => {
    let now = 0;
    const cache = new ManifestCache<string>({ now: () => now });
    cache.set('first', 10);
    cache.set('second', 10);
    now = 20;
    expect(cache.get()).toBe('second');
  });

  it('is made fresh for longer by no clock that is set back, and stale at once by one that is set forward', () => {
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

  it.each([0, -1, Number.NaN])('gives out no value that was never fresh (ttl %d)', (ttlMs) => {
    const cache = new ManifestCache<string>({ now: () => 0 });
    cache.set('map', ttlMs);
    expect([cache.get(), cache.getFresh(), cache.peek()]).toEqual([undefined, undefined, 'map']);
  });
});

describe('CircuitBreaker', () => {
  it('opens at the third failure in a row, probes after its pause and closes on success', () => {
    let now = 0;
    const breaker = new CircuitBreaker({ threshold: 3, resetMs: 60_000, now: () => now });
    expect([breaker.fail(), breaker.fail(), breaker.state]).toEqual([false, false, 'closed']);
    expect([breaker.fail(), breaker.state, breaker.failures]).toEqual([true, 'open', 3]);
    now = 59_999;
    expect(breaker.state).toBe('open');
    now = 60_000;
    expect(breaker.state).toBe('half-open');
    expect([breaker.fail(), breaker.state]).toEqual([true, 'open']);
    now = 120_000;
    breaker.succeed();
    expect([breaker.state, breaker.failures]).toEqual(['closed', 0]);
  });

  it('counts failures in a row only', () => {
    const breaker = new CircuitBreaker({ threshold: 2, resetMs: 1, now: () => 0 });
    breaker.fail();
    breaker.succeed();
    expect([breaker.fail(), breaker.state]).toEqual([false, 'closed']);
  });
});

describe('retry', () => {
  const policy = (sleeps: number[], signal = new AbortController().signal) => ({
    delayMs: (result: string, retries: number) => (result === 'bad' ? ([50, 100][retries - 1] ?? null) : null),
    sleep: async (ms: number): Promise<void> => void sleeps.push(ms),
    signal,
  });

  it('stops at the first result that is no failure', async () => {
    const sleeps: number[] = [];
    const results = ['bad', 'good', 'never'];
    expect(await retry(async () => results.shift() ?? '', policy(sleeps))).toBe('good');
    expect(sleeps).toEqual([50]);
  });

  it('gives the last failure after all its pauses', async () => {
    const sleeps: number[] = [];
    let attempts = 0;
    const attempt = async (): Promise<string> => {
      attempts += 1;
      return 'bad';
    };
    expect(await retry(attempt, policy(sleeps))).toBe('bad');
    expect([attempts, sleeps]).toEqual([3, [50, 100]]);
  });

  it('asks no more once its signal aborted', async () => {
    const controller = new AbortController();
    const attempt = async (): Promise<string> => {
      controller.abort(new Error('closed'));
      return 'bad';
    };
    await expect(retry(attempt, policy([], controller.signal))).rejects.toThrow('closed');
  });
});

describe('parseConnectorFeatureFlags', () => {
  it('refreshes in the background every five minutes by default', () => {
    expect(parseConnectorFeatureFlags({})).toEqual({ asyncRefresh: true, refreshIntervalMs: 300_000 });
  });

  it.each([
    ['true', false],
    [' TRUE ', false],
    ['false', true],
    ['1', true],
  ])('with MCP_CONNECTOR_REFRESH_SYNC=%j asyncRefresh is %s', (value, asyncRefresh) => {
    expect(parseConnectorFeatureFlags({ MCP_CONNECTOR_REFRESH_SYNC: value }).asyncRefresh).toBe(asyncRefresh);
  });

  it.each([
    ['1500', 1_500],
    ['0', 300_000],
    ['-1', 300_000],
    ['abc', 300_000],
    ['Infinity', 300_000],
    ['', 300_000],
  ])('with MCP_CONNECTOR_REFRESH_INTERVAL_MS=%j the interval is %s', (value, refreshIntervalMs) => {
    expect(parseConnectorFeatureFlags({ MCP_CONNECTOR_REFRESH_INTERVAL_MS: value }).refreshIntervalMs).toBe(
      refreshIntervalMs,
    );
  });

  const share = (percent: string | undefined, instances = 1_000): string[] =>
    Array.from({ length: instances }, (_, index) => `host-${index}`).filter(
      (id) =>
        parseConnectorFeatureFlags({
          MCP_CONNECTOR_INSTANCE_ID: id,
          ...(percent !== undefined && { MCP_CONNECTOR_REFRESH_CANARY_PERCENT: percent }),
        }).asyncRefresh,
    );

  it.each([
    [undefined, 1_000],
    ['', 1_000],
    ['100', 1_000],
    ['0', 0],
    ['-1', 0],
    ['101', 0],
    ['ten', 0],
  ])('with MCP_CONNECTOR_REFRESH_CANARY_PERCENT=%j refreshes on %s of 1 000 instances', (percent, count) => {
    expect(share(percent)).toHaveLength(count);
  });

  it('chooses about the share that was asked for, and keeps those that it has as the share grows', () => {
    const [ten, fifty] = [share('10'), share(' 50 ')];
    expect(ten.length).toBeGreaterThan(70);
    expect(ten.length).toBeLessThan(130);
    expect(fifty.length).toBeGreaterThan(450);
    expect(fifty.length).toBeLessThan(550);
    expect(fifty).toEqual(expect.arrayContaining(ten));
    expect(share('10')).toEqual(ten);
  });

  it('stays off on every instance where MCP_CONNECTOR_REFRESH_SYNC says so', () => {
    const env = { MCP_CONNECTOR_REFRESH_SYNC: 'true', MCP_CONNECTOR_REFRESH_CANARY_PERCENT: '100' };
    expect(parseConnectorFeatureFlags(env).asyncRefresh).toBe(false);
  });

  it('tells machines apart by their names where no instance is named', () => {
    const half = (): boolean => parseConnectorFeatureFlags({ MCP_CONNECTOR_REFRESH_CANARY_PERCENT: '50' }).asyncRefresh;
    expect(half()).toBe(half());
  });
});
