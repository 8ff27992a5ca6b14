import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { FleetSealer, SealPurpose } from '../../../shared/fleet/fleet-sealer.ts';

/** Minimum length for compression. Shorter texts are not worth the time. */
const MIN_PACKED_LENGTH = 1_024;

const PLAIN = 0;
const ZSTD = 1;

/** Packs a text: one byte for the format, then the bytes of the text, compressed if the text is long. */
export function packText(text: string): Buffer {
  const isPlain = text.length < MIN_PACKED_LENGTH;
  return Buffer.concat([Uint8Array.of(isPlain ? PLAIN : ZSTD), isPlain ? Buffer.from(text) : zstdCompressSync(text)]);
}

/** Unpacks a packed text; null if the result exceeds `maxBytes` or the format is invalid. */
export function unpackText(packed: Buffer, maxBytes: number): Buffer | null {
  const bytes = packed.subarray(1);
  if (packed[0] === PLAIN) return bytes.length > maxBytes ? null : bytes;
  try {
    return packed[0] === ZSTD ? zstdDecompressSync(bytes, { maxOutputLength: maxBytes }) : null;
  } catch {
    // A host with the fleet's secret wrote invalid or oversized data, which is rejected just like data without a valid
    // seal.
    return null;
  }
}

/** Packs and seals a text. `place` is its key and field in Redis; the box opens in no other place. */
export function sealText(sealer: FleetSealer, purpose: SealPurpose, place: string, text: string): Buffer {
  return sealer.seal(purpose, place, packText(text));
}

/** Opens and unpacks a sealed text; null if it belongs to another place or fleet, or exceeds `maxBytes` unpacked. */
export function openText(
  sealer: FleetSealer,
  purpose: SealPurpose,
  place: string,
  box: Uint8Array,
  maxBytes: number,
): Buffer | null {
  const packed = sealer.open(purpose, place, box);
  return packed === null ? null : unpackText(packed, maxBytes);
}
