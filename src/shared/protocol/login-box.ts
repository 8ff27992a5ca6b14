import { createCipheriv, createDecipheriv, hash, randomBytes } from 'node:crypto';
import { pack, unpack } from '../codec.ts';

export const KEY_BYTES = 32;

/** With random IVs of 96 bits, up to 2³² rows can be encrypted safely under one key (NIST SP 800-38D, 8.2.2). */
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Version of the format, which is the first byte of each box. */
const FORMAT = 1;
const HEAD_BYTES = 1 + IV_BYTES + TAG_BYTES;

/** A key and its id. A row contains the id of the key that encrypted the row. The id reveals nothing about the key. */
export interface SealingKey {
  readonly keyId: string;
  readonly bytes: Uint8Array;
}

/** Where a box is stored. A box that was encrypted for one place cannot be decrypted for another place. */
export interface BoxPlace {
  readonly table: string;
  readonly rowId: string;
  readonly generation: number;
}

/** Creates a key from its bytes. */
export function sealingKeyOf(bytes: Uint8Array): SealingKey {
  return {
    keyId: hash('sha256', Buffer.concat([Buffer.from('mcp-switchyard login key '), bytes])).slice(0, 32),
    bytes,
  };
}

/** Encrypts a JSON-like value with AES-256-GCM. The box can be opened only with the same `place`. */
export function seal(value: unknown, place: BoxPlace, key: SealingKey): Uint8Array {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key.bytes, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(additionalData(place));
  const sealed = Buffer.concat([cipher.update(pack(value)), cipher.final()]);
  return Buffer.concat([Uint8Array.of(FORMAT), iv, cipher.getAuthTag(), sealed]);
}

/** Decrypts a box. Returns null if the box was encrypted with another key or for another place, or is damaged. */
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
    // `final` throws only if the authentication tag does not match.
    return null;
  }
  return { value: unpack(opened) };
}

function additionalData({ table, rowId, generation }: BoxPlace): Buffer {
  return Buffer.from(JSON.stringify(['mcp-switchyard login', FORMAT, table, rowId, generation]));
}
