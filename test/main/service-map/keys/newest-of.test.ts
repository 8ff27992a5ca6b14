import { describe, expect, it } from 'vitest';
import { newestOf } from '../../../../src/main/service-map/keys/newest-of.ts';
import { readKeyDocument } from '../../../../src/shared/signatures/key-document.ts';
import { chainOf } from '../../../helpers/key-documents.ts';
import { newKey } from '../../../helpers/signing-keys.ts';

const chain = chainOf(['a', 'b', 'c', 'd', 'e'].map((kid) => newKey(kid)));
const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value, null, 2));
const versionIn = (bytes: Uint8Array | null): number | null => (bytes === null ? null : readKeyDocument(bytes).version);

describe('newestOf', () => {
  it('newestOf() returns a single key document unchanged', () => {
    const bytes = bytesOf(chain[2]);
    expect(newestOf(bytes, 1)).toBe(bytes);
  });

  it('newestOf() returns the requested version from an array of key documents in any order', () => {
    const bytes = bytesOf([chain[2], chain[0], chain[3], chain[1]]);
    expect([1, 2, 3, 4].map((wanted) => versionIn(newestOf(bytes, wanted)))).toEqual([1, 2, 3, 4]);
  });

  it('newestOf() returns the newest key document if the array lacks the requested version', () => {
    expect(versionIn(newestOf(bytesOf([chain[1], chain[3], chain[0]]), 5))).toBe(4);
    expect(versionIn(newestOf(bytesOf([chain[1], chain[3]]), 3))).toBe(4);
  });

  it('newestOf() returns null for an empty array', () => {
    expect(newestOf(bytesOf([]), 1)).toBeNull();
  });

  it('newestOf() returns an invalid element of an array, so that the caller rejects it', () => {
    expect(versionIn.bind(null, newestOf(bytesOf([{ signatures: ['x'] }]), 1))).toThrow(
      expect.objectContaining({ code: 'KEYS_INVALID' }),
    );
  });

  it.each([
    ['an unterminated array', '[{}'],
    ['deep nesting', '['.repeat(1_000_000)],
    ['an array of more than 4096 elements', `[${'0,'.repeat(4096)}0]`],
    ['a duplicate member', '[{"signatures":[],"signatures":[]}]'],
  ])('newestOf() rejects %s', (_, text) => {
    expect(() => newestOf(new TextEncoder().encode(text), 1)).toThrow(
      expect.objectContaining({ code: 'KEYS_INVALID' }),
    );
  });
});
