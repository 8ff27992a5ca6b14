import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { FleetSealer, SealPurpose } from '../../../shared/fleet/fleet-sealer.ts';

/** Shorter texts are not worth the time. */
const MIN_PACKED_LENGTH = 1_024;

const PLAIN = 0;
const ZSTD = 1;

/** Packs a text, if it is long: a byte that says how, then its bytes. */
export function packText(text: string): Buffer {
  const isPlain = text.length < MIN_PACKED_LENGTH;
  return Buffer.concat([Uint8Array.of(isPlain ? PLAIN : ZSTD), isPlain ? Buffer.from(text) : zstdCompressSync(text)]);
}

/** The text that was packed; null where it unpacks to more than `maxBytes`, or was never packed. */
export function unpackText(packed: Buffer, maxBytes: number): Buffer | null {
  const bytes = packed.subarray(1);
  if (packed[0] === PLAIN) return bytes.length > maxBytes ? null : bytes;
  try {
    return packed[0] === ZSTD ? zstdDecompressSync(bytes, { maxOutputLength: maxBytes }) : null;
  } catch {
    // A host with the fleet's secret wrote something else here, or too much of it: refused as garbage is.
    return null;
  }
}

/** Packs and seals a text. `place` is its key and field in Redis: it opens in no other place. */
export function sealText(sealer: FleetSealer, purpose: SealPurpose, place: string, text: string): Buffer {
  return sealer.seal(purpose, place, packText(text));
}

/** The text of such a box; null where it is of another place or fleet, or unpacks to more than `maxBytes`. */
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
