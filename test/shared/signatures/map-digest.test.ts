import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentOf } from '../../../src/shared/load/map-content.ts';
import { canonicalJson } from '../../../src/shared/map/canonical-json.ts';
import {
  copyDigestTexts,
  digestTextsOf,
  emptyDigestTexts,
  writeDigestText,
} from '../../../src/shared/signatures/map-digest.ts';
import { entry, mapOf } from '../../helpers/signed-map.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** Computes the digest by its definition, without any of the production code. */
function plainDigest({ signature: _mac, signatures: _signatures, ...map }: Readonly<Record<string, unknown>>): string {
  const connectors = Array.isArray(map.connectors)
    ? { connectors: map.connectors.map((it) => sha256(canonicalJson(it))) }
    : {};
  return `sha-256:${sha256(canonicalJson({ ...map, ...connectors }))}`;
}

describe('map digest', () => {
  it('the digest of a map is the SHA-256 of its canonical form with each entry replaced by its own SHA-256', () => {
    const json = fc.jsonValue({ maxDepth: 3 }).filter((value) => JSON.stringify(value).isWellFormed());
    const anyMap = fc.record(
      {
        connectors: fc.oneof(fc.array(json), json),
        zones: fc.array(json),
        id: json,
        signature: json,
        signatures: json,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(anyMap, (map) => {
        expect(contentOf(map).digest()).toBe(plainDigest(map));
      }),
    );
  });

  it('the digests of two sample maps equal their published values', () => {
    expect(contentOf(mapOf([])).digest()).toBe('sha-256:xQQBcLWzfATYYlfxHnLBTdE59JrwwgIHMIgsBkdMNHA');
    expect(contentOf(mapOf([entry('a'), entry('b', { name: 'é' })])).digest()).toBe(
      'sha-256:joKGzC-3YqRH15DzT_VBmyq04fvZeq9ICHXKgADE4uE',
    );
  });

  it('the digest of a map covers all members but `signature` and `signatures`, even one with an empty name', () => {
    const map = mapOf([entry('a')]);
    const digest = contentOf(map).digest();
    expect(contentOf({ ...map, signature: 'x', signatures: ['y'] }).digest()).toBe(digest);
    for (const other of [{ '': 1 }, { Signature: 1 }, { more: null }, { connectors: [] }, { connectors: [entry('b')] }])
      expect(contentOf({ ...map, ...other }).digest()).not.toBe(digest);
  });

  it("the digest of a map distinguishes an entry from a string that equals the entry's digest", () => {
    const inner = sha256(canonicalJson(entry('a')));
    expect(contentOf(mapOf([inner as never])).digest()).not.toBe(contentOf(mapOf([entry('a')])).digest());
  });
});

describe('digest text', () => {
  it('the digests of entries are written in base64url, each in quotes and followed by a comma', () => {
    const anyDigests = fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 4 });
    fc.assert(
      fc.property(anyDigests, (list) => {
        const expected = list.map((digest) => `"${Buffer.from(digest).toString('base64url')}",`).join('');
        expect(Buffer.from(digestTextsOf(Buffer.concat(list))).toString()).toBe(expected);
      }),
    );
  });

  it('the text of the digest is copied for unchanged entries, and written one by one for changed entries', () => {
    const digests = Uint8Array.from({ length: 128 }, (_, index) => index * 7);
    const whole = digestTextsOf(digests);
    const texts = emptyDigestTexts(4);
    copyDigestTexts(texts, 2, whole, 2, 2);
    for (const index of [0, 1]) writeDigestText(texts, index, digests);
    expect(texts).toEqual(whole);
  });
});
