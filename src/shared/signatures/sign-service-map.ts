import { ConnectorManifestError, messageOf, SwitchyardError } from '../errors.ts';
import { canonicalJson, canonicalPieces } from '../map/canonical-json.ts';
import { digestEntry } from '../map/delta.ts';
import { asServiceMap, checkServiceMap } from '../map/service-map.ts';
import { createServiceMapSignature, SIGNATURE_MEMBER } from '../map/signature.ts';
import { parseStrictJson } from '../map/strict-json.ts';
import { MAP_JWS_TYPE } from './jws.ts';
import { digestOfMap, digestTextsOf, SIGNATURES_MEMBER } from './map-digest.ts';
import { statementPayload } from './map-statement.ts';
import { signJws } from './sign-jws.ts';
import { readSigningKey } from './signing-key.ts';

/** Options of {@link signServiceMap}. */
export interface SignServiceMapOptions {
  /** Private JWKs (Ed25519 or P-256) with a `kid`. Each key adds one signature to `signatures`. */
  readonly keys?: readonly object[] | undefined;
  /** Secret of the HMAC in `signature`, which covers all other members. Without it, no HMAC is added. */
  readonly hmacKey?: string | undefined;
  /**
   * When the asymmetric signatures expire. Defaults to the expiry of the map. A later time is replaced by the expiry of
   * the map.
   */
  readonly expiresAt?: Date | undefined;
  /**
   * Whether the map's existing signatures are kept, so that different people can sign one after the other. By default
   * they are replaced.
   */
  readonly keepSignatures?: boolean | undefined;
}

/**
 * Returns a signed copy of a service map. The asymmetric signatures are in `signatures`. The HMAC is in `signature`,
 * and also covers `signatures`. `generatedAt` and `ttlSeconds` stay unchanged. Throws KEYS_INVALID for a key that
 * cannot sign, and OPTIONS_INVALID if no key is given. Throws a MAP_… code if a host would refuse the map.
 */
export function signServiceMap<T extends object>(
  map: T,
  options: SignServiceMapOptions,
): Omit<T, 'signature' | 'signatures'> & { readonly signatures?: readonly string[]; readonly signature?: string } {
  const { keys = [], hmacKey, expiresAt, keepSignatures = false } = options;
  const signers = keys.map(readSigningKey);
  if (signers.length === 0 && (hmacKey === undefined || hmacKey === ''))
    throw new SwitchyardError('OPTIONS_INVALID', 'signServiceMap needs `keys` or an `hmacKey`, or both.');
  const { [SIGNATURE_MEMBER]: _mac, [SIGNATURES_MEMBER]: before, ...unsigned } = map as Record<string, unknown>;
  const sent = asSent(unsigned);
  const { header, generatedAtMs: _generatedAtMs, expiresAtMs } = checkServiceMap(sent, Number.POSITIVE_INFINITY);
  const kept = keepSignatures && Array.isArray(before) ? (before as readonly string[]) : [];
  const digest = signers.length === 0 ? '' : digestOf(sent);
  const statement = statementPayload({
    map: header.id,
    generatedAt: header.generatedAt,
    digest,
    expiresAtMs: Math.min(expiresAtMs, expiresAt?.getTime() ?? expiresAtMs),
  });
  const signatures = [...kept, ...signers.map((key) => signJws(statement, key, MAP_JWS_TYPE))];
  const signed = signatures.length === 0 ? unsigned : { ...unsigned, signatures };
  const mac = hmacKey === undefined || hmacKey === '' ? {} : { signature: createServiceMapSignature(signed, hmacKey) };
  return { ...signed, ...mac } as ReturnType<typeof signServiceMap<T>>;
}

/** Returns the map as a host will parse it. Throws the same errors as the host. */
function asSent(map: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    text = canonicalJson(map);
  } catch (error) {
    const why = `The service map cannot be written as JSON: ${messageOf(error)}.`;
    throw new ConnectorManifestError('MAP_NOT_REPRESENTABLE', why, { cause: error });
  }
  return asServiceMap(parseStrictJson(Buffer.from(text)));
}

function digestOf(map: Readonly<Record<string, unknown>>): string {
  const digests: Uint8Array[] = [];
  for (const { text, element } of canonicalPieces(map, SIGNATURE_MEMBER))
    if (element?.key === 'connectors') digests.push(digestEntry(text));
  return digestOfMap(map, digestTextsOf(Buffer.concat(digests)));
}
