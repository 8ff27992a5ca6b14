import { createCipheriv, createDecipheriv, hash, randomBytes } from 'node:crypto';
import { pack, unpack } from '../codec.ts';

export const KEY_BYTES = 32;

/** NIST SP 800-38D, 8.2.2: random 96-bit IVs are safe for 2³² rows under one key. */
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** The first byte of a box. */
const FORMAT = 1;
const HEAD_BYTES = 1 + IV_BYTES + TAG_BYTES;

/** A key and its name. The name tells which key sealed a row, and reveals nothing about that key. */
export interface SealingKey {
  readonly keyId: string;
  readonly bytes: Uint8Array;
}

/** The place of a box. A box does not open in any other place. */
export interface BoxPlace {
  readonly table: string;
  readonly rowId: string;
  readonly generation: number;
}

/** Creates the key of these bytes. */
export function sealingKeyOf(bytes: Uint8Array): SealingKey {
  return {
    keyId: hash('sha256', Buffer.concat([Buffer.from('mcp-switchyard login key '), bytes])).slice(0, 32),
    bytes,
  };
}

/** Encrypts a JSON-like value with AES-256-GCM, bound to its place. */
export function seal(value: unknown, place: BoxPlace, key: SealingKey): Uint8Array {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key.bytes, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(additionalData(place));
  const sealed = Buffer.concat([cipher.update(pack(value)), cipher.final()]);
  return Buffer.concat([Uint8Array.of(FORMAT), iv, cipher.getAuthTag(), sealed]);
}

/** Opens a box; null if it belongs to another key or place, or is damaged. */
export function openBox(box: Uint8Array, place: BoxPlace, key: SealingKey): { readonly value: unknown } | null {
  if (box.length <= HEAD_BYTES || box[0] !== FORMAT) return null;
  const decipher = createDecipheriv('aes-256-gcm', key.bytes, box.subarray(1, 1 + IV_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAuthTag(box.subarray(1 + IV_BYTES, HEAD_BYTES));
  decipher.setAAD(additionalData(place));
  const opened = decipher.update(box.subarray(HEAD_BYTES));
  try {
    decipher.final();
  } catch {
    // The only failure of `final` is that the tag does not match.
    return null;
  }
  return { value: unpack(opened) };
}

function additionalData({ table, rowId, generation }: BoxPlace): Buffer {
  return Buffer.from(JSON.stringify(['mcp-switchyard login', FORMAT, table, rowId, generation]));
}
