import { describe, expect, it } from 'vitest';
import { resolveTrust } from '../../../../src/main/options/trust/trust-options.ts';
import {
  askForSecrets,
  createLoadTask,
  type LoadTaskParts,
} from '../../../../src/main/service-map/loading/load-task.ts';
import { Snapshot } from '../../../../src/main/service-map/snapshot.ts';
import { hmacTrust } from '../../../../src/shared/signatures/trust.ts';
import { given } from '../../../helpers/load-task.ts';

const parts = (overrides: Partial<LoadTaskParts> = {}): LoadTaskParts => ({
  traceparent: 'trace',
  trust: hmacTrust('key'),
  apiKey: null,
  given: null,
  isRemembered: false,
  options: {
    id: 'default',
    url: 'http://maps.test/',
    trust: resolveTrust({ signatureKey: 'key', maxStaleMs: 9 }),
    apiKey: async () => 'token',
    connectorsApiKey: async () => null,
    refreshIntervalMs: 1,
    limits: { timeoutMs: 20, maxMapBytes: 3, maxConnectors: 4, maxClockSkewMs: 5 },
  },
  network: { id: 'plain', tls: null, proxy: null },
  lineage: { etag: '"e"', bodySha256: null, floorMs: 7 },
  snapshot: Snapshot.empty(),
  nowMs: 8,
  wantsBody: true,
  ...overrides,
});

describe('createLoadTask', () => {
  it('createLoadTask() puts the API key, the known ETag and the limits of the map into the task', () => {
    const { request, policy } = createLoadTask(parts({ apiKey: 'token' }));
    const headers = { Authorization: 'Bearer token' };
    expect(request).toEqual({ url: 'http://maps.test/', headers, etag: '"e"', timeoutMs: 20, maxBytes: 3 });
    expect(policy).toMatchObject({
      trust: hmacTrust('key'),
      floorMs: 7,
      nowMs: 8,
      maxSkewMs: 5,
      maxConnectors: 4,
      maxStaleMs: 9,
    });
    expect(createLoadTask(parts()).request.headers).toEqual({});
  });

  it('createLoadTask() accepts an expired map from the store, but never from the source or the fleet', () => {
    const remembered = createLoadTask(parts({ given: given(new Uint8Array(1)), isRemembered: true }));
    const ofFleet = createLoadTask(parts({ given: given(new Uint8Array(1)) }));
    const fetched = createLoadTask(parts());
    expect([remembered, ofFleet, fetched].map(({ policy }) => policy.allowExpired)).toEqual([true, false, false]);
  });

  it('createLoadTask() sets `known` to null before the first map was loaded', () => {
    expect(createLoadTask(parts()).known).toBeNull();
  });
});

describe('askForSecrets', () => {
  const { options } = parts();
  const { signal } = new AbortController();

  it('askForSecrets() returns the signature keys and the API key of a source', async () => {
    expect(await askForSecrets(options, signal)).toEqual({ hmacKeys: ['key'], keySet: [], apiKey: 'token' });
  });

  it.each([
    ['fails', () => Promise.reject(new Error('vault sealed')), 'KEYS_UNAVAILABLE'],
    ['does not return in time', () => new Promise<never>(() => {}), 'KEYS_UNAVAILABLE'],
    ['returns no key set', () => ({}), 'KEYS_INVALID'],
  ])('askForSecrets() rejects if the function for the public keys %s', async (_what, signatureKeys, code) => {
    const asked = askForSecrets({ ...options, trust: resolveTrust({ signatureKeys }) }, signal);
    await expect(asked).rejects.toMatchObject({ code, name: 'ConnectorManifestError' });
  });

  it.each([
    ['fails', () => Promise.reject(new Error('vault sealed')), 'vault sealed'],
    ['does not return in time', () => new Promise<never>(() => {}), 'in time'],
  ])(
    'askForSecrets() rejects with SECRET_UNAVAILABLE if the function for the API key %s',
    async (_what, apiKey, message) => {
      const asked = askForSecrets({ ...options, apiKey }, signal);
      await expect(asked).rejects.toMatchObject({
        code: 'SECRET_UNAVAILABLE',
        message: expect.stringContaining(message),
      });
    },
  );
});
