import { expect, test } from 'vitest';
import { type ProvenMap, ProvenMaps } from '../../../src/shared/load/proven-maps.ts';

const provenMap = (bodySha256: string, size: number): ProvenMap => ({
  bodySha256,
  body: Buffer.alloc(size),
  ids: [],
  starts: new Uint32Array(),
  ends: new Uint32Array(),
  canonical: [null],
  digests: new Uint8Array(),
  digestTexts: null,
});

test('ProvenMaps evicts the least recently used maps when the total size of all maps exceeds the limit', () => {
  const maps = new ProvenMaps(100);
  for (const key of ['a', 'b', 'c']) maps.keep(provenMap(key, 40), null);
  expect(['a', 'b', 'c'].map((key) => maps.get(key)?.bodySha256)).toEqual([undefined, 'b', 'c']);
});

test('ProvenMaps replaces a map with its successor', () => {
  const maps = new ProvenMaps(100);
  maps.keep(provenMap('a', 40), null);
  maps.keep(provenMap('b', 40), 'a');
  maps.keep(provenMap('c', 40), null);
  expect(['a', 'b', 'c'].map((key) => maps.get(key)?.bodySha256)).toEqual([undefined, 'b', 'c']);
});

test('ProvenMaps counts a map only once, even if it is stored again', () => {
  const maps = new ProvenMaps(100);
  for (let times = 0; times < 5; times += 1) maps.keep(provenMap('a', 60), null);
  maps.keep(provenMap('b', 40), null);
  expect([maps.get('a'), maps.get('b')]).not.toContain(undefined);
});

test('ProvenMaps does not store a map that is larger than its size limit', () => {
  const maps = new ProvenMaps(100);
  maps.keep(provenMap('a', 101), null);
  expect(maps.get('a')).toBeUndefined();
});
