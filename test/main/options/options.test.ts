import { Agent } from 'undici';
import { describe, expect, it } from 'vitest';
import type { ConnectorProxyManagerOptions } from '../../../src/main/options/manager-options.ts';
import { resolveOptions } from '../../../src/main/options/options.ts';
import { recordingLogger } from '../../helpers/log.ts';

const base: ConnectorProxyManagerOptions = { serviceMapUrl: 'https://maps.invalid/v1', signatureKey: 'k' };

describe('resolveOptions', () => {
  it('resolveOptions() fills in every default', async () => {
    const resolved = resolveOptions(base);
    expect(resolved.limits).toEqual({
      timeoutMs: 5_000,
      syncDeadlineMs: 5_000,
      connectTimeoutMs: 10_000,
      startTimeoutMs: 60_000,
      programStarts: null,
      listTimeoutMs: 10_000,
      callTimeoutMs: 60_000,
      maxConnects: 64,
      maxConnectsPerOrigin: null,
      maxToolPages: 64,
      maxTools: 10_000,
      maxResultBytes: 32 * 1024 * 1024,
      maxMapBytes: 32 * 1024 * 1024,
      maxConnectors: 100_000,
      maxClockSkewMs: 300_000,
    });
    expect(resolved).toMatchObject({ offload: 'auto', registry: null, stateDir: null, fetchMap: null, agent: null });
    expect(resolved.allowPrivateEndpoints).toBe(true);
    const [map] = resolved.maps;
    expect([await map?.trust.hmacKeys(), await resolved.connectorsApiKey(), await map?.apiKey()]).toEqual([
      ['k'],
      null,
      null,
    ]);
  });

  it('resolveOptions() keeps the login options, and by default forbids maps to name environment variables', () => {
    const clientMetadataUrl = 'https://tools.example/login/client.json';
    expect(resolveOptions(base)).toMatchObject({ clientMetadataUrl: null, allowEnv: [] });
    expect(resolveOptions({ ...base, clientMetadataUrl, allowEnv: ['CRM_SECRET'] })).toMatchObject({
      clientMetadataUrl,
      allowEnv: ['CRM_SECRET'],
    });
  });

  it.each<[string, object]>([
    ['clientMetadataUrl', { clientMetadataUrl: 'http://tools.example/client.json' }],
    ['clientMetadataUrl', { clientMetadataUrl: 'https://tools.example/' }],
    ['clientMetadataUrl', { clientMetadataUrl: 'https://user@tools.example/client.json' }],
    ['clientMetadataUrl', { clientMetadataUrl: 'https://tools.example/a/../client.json' }],
    ['clientMetadataUrl', { clientMetadataUrl: 'https://tools.example/client.json#one' }],
    ['allowEnv', { allowEnv: 'CRM_SECRET' }],
    ['allowEnv[0]', { allowEnv: ['CRM SECRET'] }],
    ['serviceMapUrl', { serviceMapUrl: 'not a url' }],
    ['serviceMapUrl', { serviceMapUrl: 'file:///etc/passwd' }],
    ['serviceMapUrl', { serviceMapUrl: undefined }],
    ['signatureKey', { signatureKey: '' }],
    ['timeoutMs', { timeoutMs: 0 }],
    ['timeoutMs', { timeoutMs: Number.NaN }],
    ['maxConnects', { maxConnects: 1.5 }],
    ['concurrency', { concurrency: 0 }],
    ['offload', { offload: 'sometimes' }],
    ['stateDir', { stateDir: '' }],
    ['serviceMapUrl', { serviceMapUrl: 'https://user:password@maps.invalid/' }],
    ['signatureKey', { signatureKey: undefined }],
    ['logger', { logger: { info() {} } }],
    ['registry', { registry: {} }],
    ['now', { now: 5 }],
    ['clock', { clock: {} }],
    ['fetchImpl', { fetchImpl: 'fetch' }],
    ['agent', { agent: {} }],
    ['createProxy', { createProxy: {} }],
    ['allowPrivateEndpoints', { allowPrivateEndpoints: 'no' }],
    ['allowPrivateEndpoints', { allowPrivateEndpoints: false, agent: new Agent() }],
    ['allowPrivateEndpoints', { allowPrivateEndpoints: false, createProxy: () => ({}) }],
    ['featureFlags.refreshIntervalMs', { featureFlags: { asyncRefresh: true, refreshIntervalMs: Number.NaN } }],
  ])('resolveOptions() rejects an invalid %s', (option, overrides) => {
    const resolve = (): unknown => resolveOptions({ ...base, ...overrides });
    expect(resolve).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID', detail: { option } }));
  });

  it('resolveOptions() uses `concurrency` for each of the two connection limits that has no value of its own', () => {
    expect(resolveOptions({ ...base, concurrency: 4 }).limits).toMatchObject({
      maxConnects: 4,
      maxConnectsPerOrigin: 4,
    });
    expect(resolveOptions({ ...base, concurrency: 4, maxConnects: 8 }).limits).toMatchObject({
      maxConnects: 8,
      maxConnectsPerOrigin: 4,
    });
  });

  it('resolveOptions() calls the function for a secret each time the secret is needed', async () => {
    const keys = ['key-1', 'key-2'];
    const { maps } = resolveOptions({ ...base, signatureKey: () => keys.shift() ?? '', apiKey: async () => '' });
    expect([await maps[0]?.trust.hmacKeys(), await maps[0]?.trust.hmacKeys(), await maps[0]?.apiKey()]).toEqual([
      ['key-1'],
      ['key-2'],
      null,
    ]);
  });

  it('resolveOptions() rejects an empty key from a function, because anyone could sign with an empty key', async () => {
    await expect(resolveOptions({ ...base, signatureKey: () => '' }).maps[0]?.trust.hmacKeys()).rejects.toMatchObject({
      code: 'SECRET_UNAVAILABLE',
    });
  });

  it('resolveOptions() prefers the function now() to the option clock, and the option clock to the system time', () => {
    expect(resolveOptions({ ...base, now: () => 7, clock: { now: () => 8 } }).clock.now()).toBe(7);
    const withClock = resolveOptions({ ...base, clock: { now: () => 8 } });
    expect([withClock.clock.now(), withClock.elapsedMs()]).toEqual([8, 8]);
    expect(Math.abs(resolveOptions(base).clock.now() - Date.now())).toBeLessThan(1_000);
  });

  it('resolveOptions() warns about unknown options in a single line, and ignores them', () => {
    const logger = recordingLogger();
    resolveOptions({ ...base, logger, ...{ servicemapurl: 'x', wat: 1 } });
    expect(logger.lines).toHaveLength(1);
    expect(logger.lines[0]).toMatchObject({ level: 'warn', fields: { options: ['servicemapurl', 'wat'] } });
  });
});
