import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { FleetSealer, SealPurpose } from '../../../shared/fleet/fleet-sealer.ts';

/** Minimum length for compression. Compressing shorter strings is not worth the time. */
const MIN_PACKED_LENGTH = 1_024;

const PLAIN = 0;
const ZSTD = 1;

/** Packs a string. The first byte specifies the format. A long string is compressed. */
export function packText(text: string): Buffer {
  const isPlain = text.length < MIN_PACKED_LENGTH;
  return Buffer.concat([Uint8Array.of(isPlain ? PLAIN : ZSTD), isPlain ? Buffer.from(text) : zstdCompressSync(text)]);
}

/** Unpacks a packed string. Returns null if the result would exceed `maxBytes`, or if the format is invalid. */
export function unpackText(packed: Buffer, maxBytes: number): Buffer | null {
  const bytes = packed.subarray(1);
  if (packed[0] === PLAIN) return bytes.length > maxBytes ? null : bytes;
  try {
    return packed[0] === ZSTD ? zstdDecompressSync(bytes, { maxOutputLength: maxBytes }) : null;
  } catch {
    // A host with the fleet's secret wrote invalid or oversized data. The data is rejected like data with an invalid
    // seal.
    return null;
  }
}

/**
 * Packs a string, then encrypts and authenticates it. `place` is its key and field in Redis. The string cannot be
 * opened under another key or field.
 */
export function sealText(sealer: FleetSealer, purpose: SealPurpose, place: string, text: string): Buffer {
  return sealer.seal(purpose, place, packText(text));
}

/**
 * Opens and unpacks a sealed string. Returns null if it belongs to another place or fleet, or if it exceeds `maxBytes`
 * when unpacked.
 */
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
