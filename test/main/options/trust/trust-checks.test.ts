import { describe, expect, it } from 'vitest';
import type { ManagerOptions } from '../../../../src/main/options/manager-options.ts';
import { resolveOptions } from '../../../../src/main/options/options.ts';
import { secret } from '../../../helpers/evidence.ts';
import { jwksOf, newKey } from '../../../helpers/signing-keys.ts';

const KEY = newKey('a');
const KEYS = jwksOf(KEY);
const base = { serviceMapUrl: 'http://maps.test/map', featureFlags: { asyncRefresh: false, refreshIntervalMs: 1 } };
const resolve = (options: object) => resolveOptions({ ...base, ...options } as ManagerOptions);
const source = (id: string, more: object = {}) => ({ id, url: `http://${id}.test/`, signatureKey: 'k', ...more });

describe('trust options', () => {
  it.each([
    { signatureKey: 'k' },
    { signatureKey: ['k', () => 'old'] },
    { signatureKeys: KEYS },
    { signatureKeys: './keys.json', threshold: 16 },
    { signatureKeys: () => KEYS, keyDocuments: 'https://maps.test/keys/{version}.json', minVersion: 3 },
    { signatureKeys: KEYS, keyDocuments: () => null, mapId: 'id', maxStaleMs: 0 },
    { signatureKeys: KEYS, keyDocuments: 'https://maps.test/all-keys.json' },
    { signatureKeys: KEYS, keyDocuments: './keys-{version}.json' },
    { signatureKey: 'k', signatureKeys: KEYS, accept: 'either', maxStaleMs: null },
    { signatureKey: 'k', signatureKeys: KEYS, accept: 'hmac' },
    { signatureKey: 'k', sources: [source('a'), source('b', { signatureKey: undefined, signatureKeys: KEYS })] },
    // This URL has the same path, but its query names another tenant.
    { signatureKey: 'k', sources: [source('a', { url: `${base.serviceMapUrl}?tenant=b` })] },
  ])('the trust options may be %j', (options) => {
    expect(() => resolve(options)).not.toThrow();
  });

  it.each<[string, object]>([
    ['signatureKey', {}],
    ['signatureKey', { signatureKey: '' }],
    ['signatureKey', { signatureKey: [] }],
    ['signatureKey', { signatureKey: ['k', ''] }],
    ['signatureKey', { signatureKey: ['k', null] }],
    ['signatureKeys', { signatureKeys: '' }],
    ['signatureKeys', { signatureKeys: 'https://maps.test/keys.json' }],
    ['signatureKeys', { signatureKeys: 5 }],
    ['signatureKeys', { signatureKeys: null }],
    ['signatureKeys', { signatureKeys: { keys: [] } }],
    ['signatureKeys', { signatureKeys: { keys: [KEY] } }],
    ['threshold', { signatureKeys: KEYS, threshold: 0 }],
    ['threshold', { signatureKeys: KEYS, threshold: 1.5 }],
    ['threshold', { signatureKeys: KEYS, threshold: 2 }],
    ['threshold', { signatureKeys: jwksOf(KEY, { ...KEY, kid: 'b' }), threshold: 2 }],
    ['threshold', { signatureKey: 'k', threshold: 1 }],
    ['accept', { signatureKey: 'k', accept: 'any' }],
    ['accept', { signatureKey: 'k', accept: 'signature' }],
    ['accept', { signatureKey: 'k', accept: 'both' }],
    ['accept', { signatureKeys: KEYS, accept: 'hmac' }],
    ['accept', { signatureKeys: KEYS, accept: 'either' }],
    ['mapId', { signatureKey: 'k', mapId: '' }],
    ['keyDocuments', { signatureKeys: KEYS, keyDocuments: '' }],
    ['keyDocuments', { signatureKeys: KEYS, keyDocuments: 'https://name:word@maps.test/{version}' }],
    ['keyDocuments', { signatureKeys: KEYS, keyDocuments: 'https://' }],
    ['keyDocuments', { signatureKeys: KEYS, keyDocuments: {} }],
    ['keyDocuments', { signatureKey: 'k', keyDocuments: () => null }],
    ['minVersion', { signatureKeys: KEYS, minVersion: 1 }],
    ['minVersion', { signatureKeys: KEYS, keyDocuments: () => null, minVersion: 0 }],
    ['maxStaleMs', { signatureKey: 'k', maxStaleMs: -1 }],
    ['maxStaleMs', { signatureKey: 'k', maxStaleMs: Number.NaN }],
    ['maxStaleMs', { signatureKey: 'k', maxStaleMs: Number.POSITIVE_INFINITY }],
    ['sources[0].signatureKey', { signatureKey: 'k', sources: [source('a', { signatureKey: undefined })] }],
    ['sources[1].accept', { signatureKey: 'k', sources: [source('a'), source('b', { accept: 'both' })] }],
    ['sources[0].url', { signatureKey: 'k', sources: [source('a', { url: base.serviceMapUrl })] }],
    ['sources[1].url', { signatureKey: 'k', sources: [source('a'), source('b', { url: 'HTTP://A.test:80/#b' })] }],
  ])('the trust options are rejected if %s is invalid: %j', (option, options) => {
    expect(() => resolve(options)).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID', detail: { option } }));
  });

  it('the error for two sources with the same URL explains how to rotate a key', () => {
    const sources = [source('a'), source('b', { url: 'http://a.test/' })];
    expect(() => resolve({ signatureKey: 'k', sources })).toThrow('signatureKey: [new, old]');
  });

  it('the error for a private key that was passed by mistake never shows the key', () => {
    const leaked = { ...KEY, d: secret('private half') };
    expect(() => resolve({ signatureKeys: { keys: [leaked] } })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(leaked.d) }),
    );
  });
});
