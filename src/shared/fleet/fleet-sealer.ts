import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * What a key of the fleet is for. Each purpose has a key of its own, so that nothing opens where it does not belong.
 */
export type SealPurpose = 'map' | 'host' | 'session' | 'hop' | 'pin' | 'tool' | 'login';

const KEY_BYTES = 32;
/** NIST SP 800-38D, 8.2.2: a random 96-bit IV is good for 2³² messages under one key. */
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** Of a key's HMAC over its own name: tells the keys of the ring apart, and nothing about them. */
const KEY_ID_BYTES = 2;
const FORMAT = 1;
const HEAD_BYTES = 1 + KEY_ID_BYTES + IV_BYTES + TAG_BYTES;

interface PurposeKey {
  readonly id: Buffer;
  readonly bytes: Buffer;
}

/**
 * Seals and opens what the hosts of a fleet tell each other (AES-256-GCM, keys by HKDF-SHA-256 of the fleet's secrets).
 * It seals with the first secret and opens with any of them, so that a secret can be replaced without a stop.
 */
export class FleetSealer {
  readonly #secrets: readonly string[];
  readonly #fleetId: string;
  readonly #keys = new Map<SealPurpose, readonly PurposeKey[]>();

  /** `secrets`: the current one first, each at least 32 characters (the options check it). */
  constructor(fleetId: string, secrets: readonly string[]) {
    this.#fleetId = fleetId;
    this.#secrets = secrets;
  }

  /** `place` says where the box belongs, such as its key in Redis: it opens in no other place. */
  seal(purpose: SealPurpose, place: string, plain: Uint8Array): Buffer {
    const [key] = this.#keysOf(purpose);
    if (key === undefined) throw new Error('A fleet has a secret');
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', key.bytes, iv, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(place));
    const sealed = [cipher.update(plain), cipher.final()];
    return Buffer.concat([Uint8Array.of(FORMAT), key.id, iv, cipher.getAuthTag(), ...sealed]);
  }

  /** Null where the box is of another fleet, purpose or place, or was changed. Never throws. */
  open(purpose: SealPurpose, place: string, box: Uint8Array): Buffer | null {
    if (box.length < HEAD_BYTES || box[0] !== FORMAT) return null;
    const keyId = box.subarray(1, 1 + KEY_ID_BYTES);
    for (const key of this.#keysOf(purpose)) {
      const opened = key.id.equals(keyId) ? openWith(key.bytes, place, box) : null;
      if (opened !== null) return opened;
    }
    return null;
  }

  /** A proof that whoever made it has a secret of the fleet: HMAC-SHA-256, base64url. */
  prove(purpose: SealPurpose, text: string): string {
    const [key] = this.#keysOf(purpose);
    if (key === undefined) throw new Error('A fleet has a secret');
    return createHmac('sha256', key.bytes).update(text).digest('base64url');
  }

  /** Whether `proof` is one of {@link prove} over the same text, under any of the secrets. */
  isProof(purpose: SealPurpose, text: string, proof: string): boolean {
    const given = Buffer.from(proof, 'base64url');
    const isOf = ({ bytes }: PurposeKey): boolean => {
      const expected = createHmac('sha256', bytes).update(text).digest();
      return expected.length === given.length && timingSafeEqual(expected, given);
    };
    return this.#keysOf(purpose).some(isOf);
  }

  #keysOf(purpose: SealPurpose): readonly PurposeKey[] {
    const known = this.#keys.get(purpose);
    if (known !== undefined) return known;
    const keys = this.#secrets.map((secret) => {
      const info = JSON.stringify(['mcp-switchyard fleet', FORMAT, this.#fleetId, purpose]);
      const bytes = Buffer.from(hkdfSync('sha256', secret, '', info, KEY_BYTES));
      return { bytes, id: createHmac('sha256', bytes).update('id').digest().subarray(0, KEY_ID_BYTES) };
    });
    this.#keys.set(purpose, keys);
    return keys;
  }
}

function openWith(key: Buffer, place: string, box: Uint8Array): Buffer | null {
  const ivEnd = 1 + KEY_ID_BYTES + IV_BYTES;
  const iv = box.subarray(1 + KEY_ID_BYTES, ivEnd);
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
  decipher.setAuthTag(box.subarray(ivEnd, HEAD_BYTES));
  decipher.setAAD(Buffer.from(place));
  const opened = decipher.update(box.subarray(HEAD_BYTES));
  try {
    decipher.final();
  } catch {
    // The only failure of `final` is that the tag does not match.
    return null;
  }
  return opened;
}
