import { zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { FleetSealer } from '../../../../src/shared/fleet/fleet-sealer.ts';
import { openText, packText, sealText, unpackText } from '../../../../src/workers/fleet/kept/sealed-json.ts';

const sealer = new FleetSealer('tests', ['a secret of a fleet, with at least 32 characters']);

describe('encrypted text', () => {
  it('a short or long encrypted text can be decrypted for the Redis key where it was stored', () => {
    for (const text of ['short', 'long '.repeat(1_000)])
      expect(openText(sealer, 'tool', 'place', sealText(sealer, 'tool', 'place', text), 10_000)?.toString()).toBe(text);
  });

  it('an encrypted text that would exceed the size limit is rejected before it is decompressed', () => {
    expect(unpackText(packText('x'.repeat(2_000)), 1_999)).toBeNull();
    expect(unpackText(packText('x'.repeat(100)), 99)).toBeNull();
    const bomb = Buffer.concat([Uint8Array.of(1), zstdCompressSync(Buffer.alloc(64 * 1024 * 1024))]);
    expect(unpackText(bomb, 1_000_000)).toBeNull();
  });

  it('unpackText() rejects bytes that are empty, of an unknown format or not valid compressed data', () => {
    expect(unpackText(Buffer.from([2, 1, 2, 3]), 100)).toBeNull();
    expect(unpackText(Buffer.from([1, 1, 2, 3]), 100)).toBeNull();
    expect(unpackText(Buffer.alloc(0), 100)).toBeNull();
  });
});
