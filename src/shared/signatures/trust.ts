/**
 * Which signatures a map needs:
 * - `hmac`: the HMAC in `signature`
 * - `signature`: enough asymmetric signatures in `signatures`
 * - `either`: one of the two
 * - `both`: the HMAC and the asymmetric signatures
 */
export type AcceptPolicy = 'hmac' | 'signature' | 'either' | 'both';

/** The JWS algorithms that maps and key documents are signed with. `EdDSA` here means Ed25519 alone. */
export type SignatureAlgorithm = 'EdDSA' | 'ES256';

/** A public key that may sign, as plain data that any thread can read. */
export interface TrustedKey {
  readonly kid: string;
  readonly alg: SignatureAlgorithm;
  /** RFC 7638 thumbprint: base64url SHA-256. Two keys with the same thumbprint are one key, whatever their `kid`. */
  readonly thumbprint: string;
  /** The public members that `node:crypto` reads: `kty`, `crv`, `x` and, for P-256, `y`. */
  readonly jwk: Readonly<Record<string, string>>;
  /** Epoch ms; null if the key has no start date. */
  readonly notBeforeMs: number | null;
  /** Epoch ms; null if the key does not expire. */
  readonly expiresAtMs: number | null;
}

/** Everything that decides whether the signatures of a map are accepted. Plain data that is sent with each load. */
export interface SignatureTrust {
  readonly accept: AcceptPolicy;
  /** HMAC keys, the newest first; empty if none are configured. */
  readonly hmacKeys: readonly string[];
  /**
   * Public keys that may sign now. Revoked keys may be among them but do not count. A map that lacks signatures for
   * that reason is refused as revoked.
   */
  readonly keys: readonly TrustedKey[];
  /** Number of different keys (by thumbprint) that must have signed. At least 1. */
  readonly threshold: number;
  /** Thumbprints of revoked keys. A signature by one of them is reported as revoked instead of unknown. */
  readonly revoked: readonly string[];
  /** The `id` that the map must have; null accepts any. */
  readonly mapId: string | null;
  /**
   * Whether a map without a valid asymmetric signature is refused, even if `accept` allows it. True once a signed map
   * of the source was seen.
   */
  readonly requiresSignature: boolean;
  /** When the newest key document expires, epoch ms; null without key documents. No signed map is valid for longer. */
  readonly keysExpireAtMs: number | null;
}

/** The keys that signed an accepted map. */
export interface MapSigners {
  /** The index in `hmacKeys` of the key that matched: 0 is the newest. Null if no HMAC was verified. */
  readonly hmacKey: number | null;
  /** The trusted keys whose signatures are valid, each key once. */
  readonly signatures: readonly MapSigner[];
}

/** One key that signed a map. */
export interface MapSigner {
  readonly kid: string;
  readonly alg: SignatureAlgorithm;
  readonly thumbprint: string;
  /** When this signature expires, epoch ms: the earliest of the payload's `exp` and the key's `exp`. */
  readonly expiresAtMs: number;
}

/** Creates trust in maps with an HMAC by one of these keys, and in nothing else. */
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
