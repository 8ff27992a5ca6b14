import { describe, expect, it } from 'vitest';
import { resolveMaps } from '../../../src/main/options/map-options.ts';
import { checkOptions } from '../../../src/main/options/option-checks.ts';

const { limits } = checkOptions({ configFile: 'x' });
const defaults = { limits, refreshIntervalMs: 9 };

describe('resolveMaps', () => {
  it('resolveMaps() returns the map at serviceMapUrl first, as the source "default"', () => {
    const sources = [{ id: 'eu', url: 'http://eu/', signatureKey: 'k' }];
    const maps = resolveMaps({ serviceMapUrl: 'http://first/', signatureKey: 'k', sources }, defaults);
    expect(maps.map(({ id, url }) => [id, url])).toEqual([
      ['default', 'http://first/'],
      ['eu', 'http://eu/'],
    ]);
    expect(resolveMaps({}, defaults)).toEqual([]);
  });

  it('resolveMaps() prefers the limits of a source to the limits in the options of the manager', () => {
    const own = { timeoutMs: 1, maxMapBytes: 2, maxConnectors: 3, refreshIntervalMs: 4 };
    const sources = [
      { id: 'own', url: 'http://a/', signatureKey: 'k', ...own },
      { id: 'shared', url: 'http://b/', signatureKey: 'k' },
    ];
    const { timeoutMs, maxMapBytes, maxConnectors, maxClockSkewMs } = limits;
    expect(resolveMaps({ sources }, defaults)).toMatchObject([
      { refreshIntervalMs: 4, limits: { timeoutMs: 1, maxMapBytes: 2, maxConnectors: 3, maxClockSkewMs } },
      { refreshIntervalMs: 9, limits: { timeoutMs, maxMapBytes, maxConnectors, maxClockSkewMs } },
    ]);
  });

  it('resolveMaps() never uses the keys of the manager or of one source for another source', async () => {
    const sources = [
      { id: 'a', url: 'http://a/', signatureKey: 'sign-a', apiKey: 'api-a', connectorsApiKey: 'connectors-a' },
      { id: 'b', url: 'http://b/', signatureKey: 'sign-b' },
    ];
    const maps = resolveMaps({ apiKey: 'api', connectorsApiKey: 'connectors', sources }, defaults);
    const keys = maps.map((map) => Promise.all([map.trust.hmacKeys(), map.apiKey(), map.connectorsApiKey()]));
    expect(await Promise.all(keys)).toEqual([
      [['sign-a'], 'api-a', 'connectors-a'],
      [['sign-b'], null, null],
    ]);
  });
});
