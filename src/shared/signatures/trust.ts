/**
 * Which signatures a map needs:
 * - `hmac`: the HMAC in `signature`
 * - `signature`: enough asymmetric signatures in `signatures`
 * - `either`: the HMAC, or enough asymmetric signatures
 * - `both`: the HMAC, and enough asymmetric signatures
 */
export type AcceptPolicy = 'hmac' | 'signature' | 'either' | 'both';

/** The JWS algorithms with which maps and key documents are signed. `EdDSA` means only Ed25519 here. */
export type SignatureAlgorithm = 'EdDSA' | 'ES256';

/** A public key that may sign maps. Contains plain data only, so that it can be sent to other threads. */
export interface TrustedKey {
  readonly kid: string;
  readonly alg: SignatureAlgorithm;
  /**
   * RFC 7638 thumbprint in base64url. Two keys with the same thumbprint count as one key, even if their `kid`s differ.
   */
  readonly thumbprint: string;
  /** The public members of the key: `kty`, `crv`, `x` and, for P-256, `y`. */
  readonly jwk: Readonly<Record<string, string>>;
  /** When the key becomes valid, in epoch milliseconds; null if it was always valid. */
  readonly notBeforeMs: number | null;
  /** When the key expires, in epoch milliseconds; null if it does not expire. */
  readonly expiresAtMs: number | null;
}

/**
 * Everything that decides whether the signatures of a map are accepted. Contains plain data only, because each load
 * sends it to a thread.
 */
export interface SignatureTrust {
  readonly accept: AcceptPolicy;
  /** HMAC keys, the newest first; empty if none are configured. */
  readonly hmacKeys: readonly string[];
  /**
   * Public keys whose signatures may count. Revoked keys may be in the list, but their signatures do not count. If a
   * map has too few signatures because of revoked keys, the error says so.
   */
  readonly keys: readonly TrustedKey[];
  /** Number of different keys (by thumbprint) that must have signed a map; at least 1. */
  readonly threshold: number;
  /**
   * Thumbprints of revoked keys. For a signature by one of these keys, the error says that the key was revoked, and not
   * that it is unknown.
   */
  readonly revoked: readonly string[];
  /** The `id` that the map must have; null if any id is accepted. */
  readonly mapId: string | null;
  /**
   * Whether a map must have valid asymmetric signatures even if `accept` does not require them. It becomes true as soon
   * as one map from the source has had valid signatures.
   */
  readonly requiresSignature: boolean;
  /**
   * When the newest key document expires, in epoch milliseconds; null if there are no key documents. Maps that its keys
   * signed expire no later than this.
   */
  readonly keysExpireAtMs: number | null;
}

/** The keys that signed an accepted map. */
export interface MapSigners {
  /** Index in `hmacKeys` of the key that matched, where 0 is the newest key. Null if no HMAC was verified. */
  readonly hmacKey: number | null;
  /** The trusted keys with a valid signature. Each key is in the list once. */
  readonly signatures: readonly MapSigner[];
}

/** One key that signed a map. */
export interface MapSigner {
  readonly kid: string;
  readonly alg: SignatureAlgorithm;
  readonly thumbprint: string;
  /**
   * When this signature expires, in epoch milliseconds: the earlier of the `exp` of its payload and the `exp` of its
   * key.
   */
  readonly expiresAtMs: number;
}

/** Creates a trust that accepts a map only if its HMAC was made with one of these keys. */
export function hmacTrust(...hmacKeys: readonly string[]): SignatureTrust {
  return {
    accept: 'hmac',
    hmacKeys,
    keys: [],
    threshold: 1,
    revoked: [],
    mapId: null,
    requiresSignature: false,
    keysExpireAtMs: null,
  };
}
