import type { ErrorCode } from '../error-codes.ts';
import { ConnectorManifestError } from '../errors.ts';
import { isAlgorithmOf, isSignedBy, type Jws, MAP_JWS_TYPE, readJws } from './jws.ts';
import { SIGNATURES_MEMBER } from './map-digest.ts';
import { type MapStatement, readStatement } from './map-statement.ts';
import { shownKid } from './shown-kid.ts';
import type { MapSigner, SignatureTrust, TrustedKey } from './trust.ts';

/** Maximum number of signatures of a map. */
const MAX_SIGNATURES = 16;

/** Maximum number of `kid`s that a message lists. */
const MAX_NAMED_KIDS = 4;

/**
 * A received map whose signatures are to be verified. `map` may lack the elements of `connectors`, but `digest` covers
 * them.
 */
export interface SignedMap {
  readonly map: Readonly<Record<string, unknown>>;
  /** Computes the digest of the whole map, including the elements of `connectors`. */
  readonly digest: () => string;
}

/** The time at which signatures are judged, and how exact it must be. */
export interface SignatureMoment {
  readonly nowMs: number;
  readonly maxSkewMs: number;
  /** Whether signatures and keys may have expired, because the map is served as stale. */
  readonly allowExpired: boolean;
}

/** When a map expires, in epoch milliseconds, and the error code with which the map is refused after that time. */
export interface ExpiryBound {
  readonly atMs: number;
  readonly code: ErrorCode;
}

/** Says whether enough trusted keys signed a map. If not, `error` says why. */
export type SignatureVerdict =
  | {
      readonly isEnough: true;
      readonly signers: readonly MapSigner[];
      /** Time after which fewer than `threshold` signatures are valid. */
      readonly bound: ExpiryBound;
    }
  | { readonly isEnough: false; readonly error: ConnectorManifestError };

/** A signer of a map. `code` says whether its signature or its key expires first. */
interface CountedSigner extends MapSigner {
  readonly code: ErrorCode;
}

/** The signatures that are not accepted, grouped by reason. */
interface Uncounted {
  readonly revoked: string[];
  readonly untimely: string[];
  readonly unknown: string[];
  mismatch: ConnectorManifestError | null;
}

/**
 * Judges the asymmetric signatures of a map. `trust.threshold` different keys must have signed its `id`, its
 * `generatedAt` and its content. Throws MAP_SIGNATURE_MALFORMED if a signature does not have the required form. All
 * other faults are part of the returned verdict.
 */
export function judgeSignatures(signed: SignedMap, trust: SignatureTrust, moment: SignatureMoment): SignatureVerdict {
  const list = signed.map[SIGNATURES_MEMBER];
  if (list === undefined) return { isEnough: false, error: missing(trust) };
  if (!Array.isArray(list) || list.length === 0 || list.length > MAX_SIGNATURES)
    throw refusal('MAP_SIGNATURE_MALFORMED', `\`signatures\` is not a list of 1 to ${MAX_SIGNATURES} signatures.`);
  const read = list.map((text) => {
    const jws = readJws(text, MAP_JWS_TYPE);
    return { jws, statement: readStatement(jws) };
  });
  let digest: string | null = null;
  const once = { ...signed, digest: () => (digest ??= signed.digest()) };
  const keys = new Map(trust.keys.map((key) => [key.kid, key]));
  const signers = new Map<string, CountedSigner>();
  const uncounted: Uncounted = { revoked: [], untimely: [], unknown: [], mismatch: null };
  for (const { jws, statement } of read) {
    const signer = judgeOne(jws, statement, keys.get(jws.kid), uncounted, { signed: once, trust, moment });
    if (signer === null) continue;
    const other = signers.get(signer.thumbprint);
    if (other === undefined || other.expiresAtMs < signer.expiresAtMs) signers.set(signer.thumbprint, signer);
  }
  return verdictOn([...signers.values()], uncounted, trust, moment);
}

interface Judgement {
  readonly signed: SignedMap;
  readonly trust: SignatureTrust;
  readonly moment: SignatureMoment;
}

/** Returns the signer if this signature is accepted. Otherwise returns null, and adds the reason to `uncounted`. */
function judgeOne(
  jws: Jws,
  statement: MapStatement,
  key: TrustedKey | undefined,
  uncounted: Uncounted,
  { signed, trust, moment }: Judgement,
): CountedSigner | null {
  const { kid } = jws;
  if (key === undefined && trust.revoked.includes(kid)) uncounted.revoked.push(kid);
  else if (key === undefined || !isAlgorithmOf(jws, key)) uncounted.unknown.push(kid);
  else if (!isSignedBy(jws, key)) uncounted.mismatch ??= mismatch(`the signature by ${shownKid(kid)} is not valid`);
  else if (trust.revoked.includes(key.thumbprint)) uncounted.revoked.push(kid);
  else if (key.notBeforeMs !== null && key.notBeforeMs > moment.nowMs + moment.maxSkewMs) uncounted.untimely.push(kid);
  else {
    const misfit = misfitOf(statement, kid, signed);
    if (misfit === null) return signerOf(key, statement);
    uncounted.mismatch ??= misfit;
  }
  return null;
}

/** Returns why a valid signature belongs to another map; null if it belongs to this map. */
function misfitOf(statement: MapStatement, kid: string, { map, digest }: SignedMap): ConnectorManifestError | null {
  const by = `the signature by ${shownKid(kid)}`;
  if (statement.map !== map.id)
    return refusal('MAP_ID_MISMATCH', `The service map does not match its signatures: ${by} is for another \`id\`.`);
  if (statement.generatedAt !== map.generatedAt) return mismatch(`${by} is for another \`generatedAt\``);
  if (statement.digest !== digest()) return mismatch(`${by} is for other content`);
  const endMs = endOf(map);
  if (endMs !== null && statement.expiresAtMs > endMs) return mismatch(`${by} expires later than the map`);
  return null;
}

/**
 * Returns when the map itself expires, in epoch milliseconds. Returns null if the map does not contain this time. A
 * later check of the map's shape refuses such a map.
 */
function endOf({ generatedAt, ttlSeconds }: Readonly<Record<string, unknown>>): number | null {
  const endMs = typeof ttlSeconds === 'number' ? Date.parse(String(generatedAt)) + ttlSeconds * 1000 : Number.NaN;
  return Number.isNaN(endMs) ? null : endMs;
}

function signerOf({ kid, alg, thumbprint, expiresAtMs }: TrustedKey, statement: MapStatement): CountedSigner {
  const isKeyFirst = expiresAtMs !== null && expiresAtMs < statement.expiresAtMs;
  return {
    ...{ kid, alg, thumbprint },
    expiresAtMs: isKeyFirst ? expiresAtMs : statement.expiresAtMs,
    code: isKeyFirst ? 'MAP_KEY_EXPIRED' : 'MAP_EXPIRED',
  };
}

function verdictOn(
  signers: readonly CountedSigner[],
  uncounted: Uncounted,
  trust: SignatureTrust,
  moment: SignatureMoment,
): SignatureVerdict {
  const latestFirst = signers.toSorted((left, right) => right.expiresAtMs - left.expiresAtMs);
  const decisive = latestFirst[Math.max(1, trust.threshold) - 1];
  if (decisive !== undefined) {
    return {
      isEnough: true,
      signers: signers.map(({ code: _code, ...signer }) => signer),
      bound: { atMs: decisive.expiresAtMs, code: decisive.code },
    };
  }
  const expired = moment.allowExpired ? [] : signers.filter((it) => isKeyOver(it, moment.nowMs)).map(({ kid }) => kid);
  const untimely = [...uncounted.untimely, ...expired];
  return { isEnough: false, error: shortfall(signers.length, { ...uncounted, untimely }, trust.threshold) };
}

function isKeyOver({ code, expiresAtMs }: CountedSigner, nowMs: number): boolean {
  return code === 'MAP_KEY_EXPIRED' && expiresAtMs <= nowMs;
}

/** Creates the error of a map that too few trusted keys signed. The message states the most specific reason. */
function shortfall(count: number, uncounted: Uncounted, threshold: number): ConnectorManifestError {
  const { revoked, untimely, unknown, mismatch: misfit } = uncounted;
  const needed = `The service map is signed by ${count} trusted ${count === 1 ? 'key' : 'keys'} and needs ${threshold}`;
  if (revoked.length > 0) return refusal('MAP_KEY_REVOKED', `${needed}; revoked: ${named(revoked)}.`);
  if (untimely.length > 0)
    return refusal('MAP_KEY_EXPIRED', `${needed}; expired or not valid yet: ${named(untimely)}.`);
  if (misfit !== null) return misfit;
  const others = unknown.length > 0 ? `; not trusted: ${named(unknown)}` : '';
  return refusal('MAP_SIGNATURE_UNTRUSTED', `${needed}${others}.`);
}

function missing({ requiresSignature }: SignatureTrust): ConnectorManifestError {
  if (!requiresSignature)
    return refusal('MAP_SIGNATURE_MISSING', 'The service map has no asymmetric signature (`signatures`).');
  return refusal(
    'MAP_SIGNATURE_DOWNGRADED',
    'The service map has no asymmetric signature (`signatures`), but an earlier map of this source had one.',
  );
}

function named(kids: readonly string[]): string {
  const shown = [...new Set(kids)].map(shownKid);
  const more = shown.length > MAX_NAMED_KIDS ? ` and ${shown.length - MAX_NAMED_KIDS} more` : '';
  return `${shown.slice(0, MAX_NAMED_KIDS).join(', ')}${more}`;
}

function mismatch(why: string): ConnectorManifestError {
  return refusal('MAP_SIGNATURE_MISMATCH', `The service map does not match its signatures: ${why}.`);
}

function refusal(code: ErrorCode, message: string): ConnectorManifestError {
  return new ConnectorManifestError(code, message);
}
