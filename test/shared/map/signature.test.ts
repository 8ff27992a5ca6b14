import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  assertSigned,
  canonicalizeServiceMapPayload,
  createServiceMapSignature,
  verifyServiceMapSignature,
} from '../../../src/shared/map/signature.ts';
import { entry, KEY, mapOf } from '../../helpers/signed-map.ts';

const payload = mapOf([entry('one'), entry('two')]);
const signature = createServiceMapSignature(payload, KEY);
const bytes = Buffer.from(signature, 'base64url');

describe('createServiceMapSignature', () => {
  it('createServiceMapSignature() returns the HMAC-SHA256 of the canonical form in base64url', () => {
    const expected = createHmac('sha256', KEY).update(canonicalizeServiceMapPayload(payload)).digest('base64url');
    expect(signature).toBe(expected);
  });

  it('createServiceMapSignature() leaves an existing signature out of the signed content', () => {
    expect(createServiceMapSignature({ ...payload, signature: 'old' }, KEY)).toBe(signature);
  });

  it('createServiceMapSignature() also signs members that the schema does not know', () => {
    expect(createServiceMapSignature({ ...payload, extra: true }, KEY)).not.toBe(signature);
  });

  it('createServiceMapSignature() uses a MAC that agrees with RFC 4231 test case 2', () => {
    const mac = createHmac('sha256', 'Jefe').update('what do ya want for nothing?').digest('hex');
    expect(mac).toBe('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843');
  });
});

describe('verifyServiceMapSignature', () => {
  it('verifyServiceMapSignature() accepts base64url and lower-case hex', () => {
    expect(verifyServiceMapSignature(payload, signature, KEY)).toBe(true);
    expect(verifyServiceMapSignature(payload, bytes.toString('hex'), KEY)).toBe(true);
  });

  it.each([
    ['another key', signature, 'another'],
    ['upper-case hex', bytes.toString('hex').toUpperCase(), KEY],
    ['padding', `${signature}=`, KEY],
    ['standard base64', `${bytes.toString('base64')}`, KEY],
    ['white space', ` ${signature}`, KEY],
    ['a line feed at the end', `${signature}\n`, KEY],
    ['a truncated MAC', signature.slice(0, -1), KEY],
    ['half a MAC in hex', bytes.toString('hex').slice(0, 32), KEY],
    ['an empty signature', '', KEY],
  ])('verifyServiceMapSignature() rejects %s', (_, given, key) => {
    expect(verifyServiceMapSignature(payload, given, key)).toBe(false);
  });

  it('verifyServiceMapSignature() rejects an empty key, with which anyone could sign', () => {
    expect(verifyServiceMapSignature(payload, createServiceMapSignature(payload, ''), '')).toBe(false);
  });

  it('verifyServiceMapSignature() rejects a signature whose bytes are right but have another base64url spelling', () => {
    // 43 characters hold 258 bits: two bits of the last character are unused.
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = alphabet.indexOf(signature.at(-1) ?? '');
    const twin = signature.slice(0, -1) + alphabet[last ^ 1];
    expect(Buffer.from(twin, 'base64url')).toEqual(bytes);
    expect(verifyServiceMapSignature(payload, twin, KEY)).toBe(false);
  });
});

describe('assertSigned', () => {
  const check = (map: object): void => assertSigned(map as Record<string, unknown>, KEY);

  it('assertSigned() accepts a signed map, with members in any order', () => {
    expect(() => check({ signature, ...Object.fromEntries(Object.entries(payload).reverse()) })).not.toThrow();
  });

  it.each([
    ['MAP_SIGNATURE_MISSING', { ...payload }],
    ['MAP_SIGNATURE_MISSING', { ...payload, signature: '' }],
    ['MAP_SIGNATURE_MALFORMED', { ...payload, signature: 7 }],
    ['MAP_SIGNATURE_MALFORMED', { ...payload, signature: 'nonsense' }],
    ['MAP_SIGNATURE_MISMATCH', { ...payload, signature: Buffer.alloc(32).toString('base64url') }],
    ['MAP_SIGNATURE_MISMATCH', { ...payload, injected: true, signature }],
  ])('assertSigned() throws %s', (code, map) => {
    expect(() => check(map)).toThrow(expect.objectContaining({ code, name: 'ConnectorManifestError' }));
  });
});
