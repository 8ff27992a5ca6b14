import { describe, expect, it } from 'vitest';
import { resolveMaps } from '../../../../src/main/options/map-options.ts';
import { checkOptions } from '../../../../src/main/options/option-checks.ts';
import { resolveTrust } from '../../../../src/main/options/trust/trust-options.ts';
import { jwksOf, newKey } from '../../../helpers/signing-keys.ts';

const KEYS = jwksOf(newKey('a'));

describe('resolveTrust', () => {
  it('by default, resolveTrust() requires every kind of signature that the given keys can verify', () => {
    const acceptOf = (options: object) => resolveTrust(options).accept;
    expect(acceptOf({ signatureKey: 'k' })).toBe('hmac');
    expect(acceptOf({ signatureKeys: KEYS })).toBe('signature');
    expect(acceptOf({ signatureKey: 'k', signatureKeys: KEYS })).toBe('both');
    expect(acceptOf({ signatureKey: 'k', signatureKeys: KEYS, accept: 'either' })).toBe('either');
  });

  it('resolveTrust() records whether the option `accept` was explicitly set to hmac', () => {
    expect(resolveTrust({ signatureKey: 'k' }).isHmacExplicit).toBe(false);
    expect(resolveTrust({ signatureKey: 'k', accept: 'hmac' }).isHmacExplicit).toBe(true);
  });

  it('resolveTrust() reads all HMAC keys, newest first, and rejects an empty key', async () => {
    const { hmacKeys } = resolveTrust({ signatureKey: ['new', async () => 'old'] });
    expect(await hmacKeys()).toEqual(['new', 'old']);
    await expect(resolveTrust({ signatureKey: ['new', () => ''] }).hmacKeys()).rejects.toMatchObject({
      code: 'SECRET_UNAVAILABLE',
    });
  });

  it('resolveTrust() reads no key that it does not need', async () => {
    const fail = (): never => {
      throw new Error('asked');
    };
    const hmac = resolveTrust({ signatureKey: 'k', signatureKeys: fail, accept: 'hmac' });
    const signature = resolveTrust({ signatureKey: fail, signatureKeys: KEYS, accept: 'signature' });
    expect([await hmac.keySet(), await signature.hmacKeys()]).toEqual([[], []]);
  });
});

describe('maxStaleMs', () => {
  it('`maxStaleMs` of a source defaults to the value of the manager, and null means no limit', () => {
    const { limits } = checkOptions({ configFile: 'x' });
    const source = (id: string, more: object) => ({ id, url: `http://${id}/`, signatureKey: 'k', ...more });
    const sources = [source('a', {}), source('b', { maxStaleMs: 7 }), source('c', { maxStaleMs: null })];
    const of = (options: object) =>
      resolveMaps({ ...options, sources }, { limits, refreshIntervalMs: 9 }).map(({ trust }) => trust.maxStaleMs);
    expect(of({ maxStaleMs: 5 })).toEqual([5, 7, null]);
    expect(of({})).toEqual([null, 7, null]);
  });
});
