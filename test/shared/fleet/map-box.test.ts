import { hash, randomBytes } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FleetSealer } from '../../../src/shared/fleet/fleet-sealer.ts';
import {
  boxBody,
  boxPatch,
  digestOf,
  hasDictionaries,
  MAX_BODY_BYTES,
  MAX_BOX_BYTES,
  openBody,
  openPatch,
} from '../../../src/shared/fleet/map-box.ts';

const sealer = new FleetSealer('fleet', ['a secret of at least thirty-two characters']);
const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text));
const noise = (seed: string, length: number): string => {
  const parts: string[] = [];
  for (let index = 0; parts.length * 88 < length; index += 1) parts.push(hash('sha512', `${seed}${index}`, 'base64'));
  return parts.join('').slice(0, length);
};

describe('map boxes', () => {
  it('an encrypted map decrypts to its body and ETag, but only under the Redis key where it was stored', async () => {
    const body = fc.record({
      bytes: fc.uint8Array({ maxLength: 2_000 }),
      etag: fc.option(fc.string({ unit: 'grapheme', maxLength: 40 })),
    });
    const property = fc.asyncProperty(body, async ({ bytes, etag }) => {
      const box = await boxBody(sealer, 'here', { bytes: new Uint8Array(bytes), etag });
      expect(await openBody(sealer, 'here', box)).toEqual({ bytes, etag });
      expect(await openBody(sealer, 'there', box)).toBeNull();
    });
    await fc.assert(property, { numRuns: 30 });
  });

  it('a decrypted map owns its memory, so that it can be transferred to another thread', async () => {
    const box = await boxBody(sealer, 'here', { bytes: bytesOf('short'), etag: null });
    const opened = await openBody(sealer, 'here', box);
    expect(opened?.bytes.buffer.byteLength).toBe(5);
  });

  it('truncated or changed encrypted maps are rejected', async () => {
    const box = await boxBody(sealer, 'here', { bytes: bytesOf('a body '.repeat(20)), etag: '"t"' });
    const spoilt = fc.tuple(fc.nat(box.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean());
    const property = fc.asyncProperty(spoilt, async ([at, flip, isCut]) => {
      const copy = Buffer.from(isCut ? box.subarray(0, at) : box);
      if (!isCut) copy[at] = (copy[at] ?? 0) ^ flip;
      expect(await openBody(sealer, 'here', copy)).toBeNull();
    });
    await fc.assert(property, { numRuns: 60 });
  });

  it('a map that a fleet host encrypted is rejected if it is garbage, a decompression bomb or too large', async () => {
    const bomb = zstdCompressSync(Buffer.alloc(MAX_BODY_BYTES + 1));
    const garbage = [[], [0], [255, 255, 1], [0, 0, 1, 2, 3], [0, 0, ...bomb]].map((bytes) => Buffer.from(bytes));
    for (const plain of garbage) expect(await openBody(sealer, 'x', sealer.seal('map', 'x', plain))).toBeNull();
    expect(await openBody(sealer, 'x', Buffer.alloc(MAX_BOX_BYTES + 1))).toBeNull();
    expect(await openBody(sealer, 'x', randomBytes(100))).toBeNull();
  });

  it('boxPatch() creates a small patch if little of a large map changed', async () => {
    expect(hasDictionaries()).toBe(true);
    const base = noise('base', 600_000);
    const body = { bytes: bytesOf(`${base.slice(0, 300_000)}${noise('new', 900)}${base.slice(300_000)}`), etag: '"2"' };
    const packed = (await boxBody(sealer, 'body', body)).length;
    const patch = await boxPatch(sealer, 'patch', body, bytesOf(base), packed);
    expect(patch?.length).toBeLessThan(5_000);
    expect(await openPatch(sealer, 'patch', patch ?? Buffer.alloc(0), bytesOf(base))).toEqual(body);
    const other = await openPatch(sealer, 'patch', patch ?? Buffer.alloc(0), bytesOf(noise('other', 600_000)));
    expect(other === null || (await digestOf(other.bytes)) !== (await digestOf(body.bytes))).toBe(true);
  });

  it('boxPatch() creates no patch if the map is small or most of it changed', async () => {
    const small = { bytes: bytesOf(noise('small', 1_000)), etag: null };
    expect(await boxPatch(sealer, 'p', small, small.bytes, 10_000)).toBeNull();
    const large = { bytes: bytesOf(noise('large', 400_000)), etag: null };
    const packed = (await boxBody(sealer, 'body', large)).length;
    expect(await boxPatch(sealer, 'p', large, bytesOf(noise('another', 400_000)), packed)).toBeNull();
  });

  it('digestOf() returns the SHA-256 of any map body, even of a large one that the thread pool hashes', async () => {
    for (const length of [10, 600_000]) {
      const bytes = bytesOf(noise('digest', length));
      expect(await digestOf(bytes)).toBe(hash('sha256', bytes, 'hex'));
    }
  });
});
