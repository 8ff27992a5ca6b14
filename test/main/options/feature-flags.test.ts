import { describe, expect, it } from 'vitest';
import { parseConnectorFeatureFlags } from '../../../src/main/options/feature-flags.ts';

describe('parseConnectorFeatureFlags', () => {
  it('maps are refreshed in the background every five minutes by default', () => {
    expect(parseConnectorFeatureFlags({})).toEqual({ asyncRefresh: true, refreshIntervalMs: 300_000 });
  });

  it.each([
    ['true', false],
    [' TRUE ', false],
    ['false', true],
    ['1', true],
  ])('MCP_CONNECTOR_REFRESH_SYNC=%j sets asyncRefresh to %s', (value, asyncRefresh) => {
    expect(parseConnectorFeatureFlags({ MCP_CONNECTOR_REFRESH_SYNC: value }).asyncRefresh).toBe(asyncRefresh);
  });

  it.each([
    ['1500', 1_500],
    ['0', 300_000],
    ['-1', 300_000],
    ['abc', 300_000],
    ['Infinity', 300_000],
    ['', 300_000],
  ])('MCP_CONNECTOR_REFRESH_INTERVAL_MS=%j sets the refresh interval to %s', (value, refreshIntervalMs) => {
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
  ])(
    'MCP_CONNECTOR_REFRESH_CANARY_PERCENT=%j enables background refreshes on %s of 1 000 instances',
    (percent, count) => {
      expect(share(percent)).toHaveLength(count);
    },
  );

  it('a canary percentage selects about that share of all instances, and a higher percentage also selects these instances', () => {
    const [ten, fifty] = [share('10'), share(' 50 ')];
    expect(ten.length).toBeGreaterThan(70);
    expect(ten.length).toBeLessThan(130);
    expect(fifty.length).toBeGreaterThan(450);
    expect(fifty.length).toBeLessThan(550);
    expect(fifty).toEqual(expect.arrayContaining(ten));
    expect(share('10')).toEqual(ten);
  });

  it('MCP_CONNECTOR_REFRESH_SYNC can disable background refreshes on every instance', () => {
    const env = { MCP_CONNECTOR_REFRESH_SYNC: 'true', MCP_CONNECTOR_REFRESH_CANARY_PERCENT: '100' };
    expect(parseConnectorFeatureFlags(env).asyncRefresh).toBe(false);
  });

  it('without `MCP_CONNECTOR_INSTANCE_ID`, a machine gets the same canary decision each time', () => {
    const half = (): boolean => parseConnectorFeatureFlags({ MCP_CONNECTOR_REFRESH_CANARY_PERCENT: '50' }).asyncRefresh;
    expect(half()).toBe(half());
  });
});
