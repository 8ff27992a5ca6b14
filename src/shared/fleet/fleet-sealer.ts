import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * Purposes of the keys that are derived from a secret of the fleet. Each purpose has its own key, so that data that was
 * encrypted for one purpose cannot be decrypted for another.
 */
export type SealPurpose = 'map' | 'host' | 'session' | 'hop' | 'pin' | 'tool' | 'login';

const KEY_BYTES = 32;
/** A random 96-bit IV is safe for 2³² messages under one key (NIST SP 800-38D, 8.2.2). */
const IV_BYTES = 12;
const TAG_BYTES = 16;
/**
 * Length of a key id. The id is derived from an HMAC of the key. It tells the keys of the fleet's secrets apart, and
 * reveals nothing about them.
 */
const KEY_ID_BYTES = 2;
const FORMAT = 1;
const HEAD_BYTES = 1 + KEY_ID_BYTES + IV_BYTES + TAG_BYTES;

interface PurposeKey {
  readonly id: Buffer;
  readonly bytes: Buffer;
}

/**
 * Seals (encrypts and authenticates) and opens the data that the hosts of a fleet exchange. Uses AES-256-GCM with keys
 * derived from the fleet's secrets by HKDF-SHA-256. Seals with the first secret and opens with any secret, so that a
 * secret can be replaced without downtime.
 */
export class FleetSealer {
  readonly #secrets: readonly string[];
  readonly #fleetId: string;
  readonly #keys = new Map<SealPurpose, readonly PurposeKey[]>();

  /** `secrets` starts with the current secret. The options check that each secret has at least 32 characters. */
  constructor(fleetId: string, secrets: readonly string[]) {
    this.#fleetId = fleetId;
    this.#secrets = secrets;
  }

  /**
   * Seals data, and returns the sealed box. `place` says where the box is stored, such as its key in Redis. A box that
   * was sealed for one place cannot be opened for another.
   */
  seal(purpose: SealPurpose, place: string, plain: Uint8Array): Buffer {
    const [key] = this.#keysOf(purpose);
    if (key === undefined) throw new Error('Internal error: the fleet has no secret');
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', key.bytes, iv, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(place));
    const sealed = [cipher.update(plain), cipher.final()];
    return Buffer.concat([Uint8Array.of(FORMAT), key.id, iv, cipher.getAuthTag(), ...sealed]);
  }

  /**
   * Opens a box. Returns null if the box was changed, or was sealed by another fleet, for another purpose or for
   * another place. Never throws.
   */
  open(purpose: SealPurpose, place: string, box: Uint8Array): Buffer | null {
    if (box.length < HEAD_BYTES || box[0] !== FORMAT) return null;
    const keyId = box.subarray(1, 1 + KEY_ID_BYTES);
    for (const key of this.#keysOf(purpose)) {
      const opened = key.id.equals(keyId) ? openWith(key.bytes, place, box) : null;
      if (opened !== null) return opened;
    }
    return null;
  }

  /** Returns an HMAC-SHA-256 over `text` in base64url, which proves that its sender has a secret of the fleet. */
  prove(purpose: SealPurpose, text: string): string {
    const [key] = this.#keysOf(purpose);
    if (key === undefined) throw new Error('Internal error: the fleet has no secret');
    return createHmac('sha256', key.bytes).update(text).digest('base64url');
  }

  /** Whether `proof` is a result of {@link prove} for the same text, under any of the secrets. */
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
    // `final` throws only if the authentication tag does not match.
    return null;
  }
  return opened;
}
