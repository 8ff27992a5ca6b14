import { isDeepStrictEqual } from 'node:util';
import { ConnectorManifestError, codeOf, isErrorCode } from '../../../src/shared/errors.ts';
import { proveMap } from '../../../src/shared/load/prove.ts';
import { ProvenMaps } from '../../../src/shared/load/proven-maps.ts';
import { canonicalJson, canonicalPieces } from '../../../src/shared/map/canonical-json.ts';
import { createServiceMapSignature, verifyServiceMapSignature } from '../../../src/shared/map/signature.ts';
import { parseStrictJson } from '../../../src/shared/map/strict-json.ts';
import type { KnownMap, ProofPolicy } from '../../../src/shared/protocol/thread-messages.ts';
import { signServiceMap } from '../../../src/shared/signatures/sign-service-map.ts';
import { entry, type Json, KEY, mapOf, NOW } from '../../helpers/signed-map.ts';
import { trustIn } from '../../helpers/signing-keys.ts';
import { FIXED_KEY } from '../engine/fixed-key.ts';
import { type FuzzTarget, must } from '../engine/fuzz-target.ts';
import { mutateJson } from '../engine/json-mutation.ts';
import { naughtyStrings, vectorFiles } from '../engine/vectors.ts';

/** Separates the known map from the next map in an input. */
const SEPARATOR = '\n%%\n';

/** Placeholder for the correct HMAC and signature, which no mutation would ever guess. The target fills them in. */
const UNSIGNED = '"signature":"@"';
const NO_SIGNATURES = '"signatures":["@"]';

const LIMITS = {
  nowMs: NOW + 1_000,
  floorMs: null,
  maxSkewMs: 300_000,
  maxConnectors: 50,
  allowExpired: false,
  maxStaleMs: null,
};

/** Each map is verified under each of these settings. */
const POLICIES: readonly ProofPolicy[] = (['hmac', 'signature', 'both', 'either'] as const).map((accept) => ({
  ...LIMITS,
  trust: trustIn([FIXED_KEY], { accept, hmacKeys: ['an older key', KEY] }),
}));

const unsigned = (map: Json, indent?: number): string =>
  JSON.stringify({ ...map, signature: '@' }, null, indent).replace('"signature": "@"', UNSIGNED);
const signedTwice = (map: Json): string => unsigned({ ...map, signatures: ['@'] });
const [a, b, c] = [entry('a'), entry('b', { metadata: { tools: [{ name: 't' }] } }), entry('c', { transport: 'sse' })];

/** The bytes of a map and their parsed value; null for bytes that are not strict JSON. */
interface Received {
  readonly bytes: Uint8Array;
  readonly value: unknown;
}

/**
 * Fuzzes how map bytes are read: strict parsing, canonical form, signature, full verification, and incremental
 * verification against an earlier map.
 */
export const target: FuzzTarget = {
  name: 'map-bytes',
  covers: ['/src/shared/'],
  seeds: () => [
    unsigned(mapOf([a, b, c])),
    [unsigned(mapOf([a, b, c])), unsigned(mapOf([a, { ...b, version: '2' }]))].join(SEPARATOR),
    [unsigned(mapOf([a, b, c]), 2), unsigned(mapOf([c, b], { ttlSeconds: 60 }), 2)].join(SEPARATOR),
    signedTwice(mapOf([a, b])),
    [signedTwice(mapOf([a, b, c])), signedTwice(mapOf([a, { ...b, version: '2' }, c]))].join(SEPARATOR),
    '{"connectors":[{}],"a":1e5,"\\u00e9":"\\ud83d\\ude00"}',
    ...vectorFiles('jcs/testdata/input').filter(({ length }) => length < 4_096),
  ],
  dictionary: [
    ...[
      '"',
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '\\u',
      '\\ud800',
      '\\"',
      '\ufeff',
      SEPARATOR,
      UNSIGNED,
      '1e400',
      '-0',
      '1E-7',
    ],
    ...['id', 'brand', 'generatedAt', 'ttlSeconds', 'connectors', 'signature', 'status', 'scopes', 'endpoint', 'ttl'],
    ...[
      'enabled',
      'disabled',
      'version',
      'name',
      'metadata',
      'remoteTools',
      'headers',
      'transport',
      'protocol',
      'auth',
    ],
    ...[
      '__proto__',
      'constructor',
      'https://a.example/x',
      '2026-11-22T12:00:00.000Z',
      '1970-01-01T00:00:00Z',
      'expiresAt',
    ],
    ...naughtyStrings(),
  ],
  mutate: mutateJson(SEPARATOR),
  start: () => ({ run: runMaps }),
};

function runMaps(input: Uint8Array): void {
  const parts = split(input);
  const received = parts.map(receive);
  const [known, next = known] = received;
  if (known === undefined || next === undefined) return;
  for (const { bytes, value } of received) if (value !== undefined) checkCanonicalForm(bytes, value);
  for (const policy of POLICIES) {
    checkProof(next.value, judged(next.bytes, null, null, policy), policy);
    const before = remembered(known.bytes, policy);
    if (before === null) continue;
    // Verification against an earlier map may be faster, but must give the same result.
    const whole = judged(next.bytes, before.known, null, policy);
    const incremental = judged(next.bytes, before.known, before.maps, policy);
    must(isDeepStrictEqual(incremental, whole), `the changes prove ${show(incremental)}, the whole ${show(whole)}`);
  }
}

function split(input: Uint8Array): readonly Buffer[] {
  const body = Buffer.from(input);
  const at = body.indexOf(SEPARATOR);
  return at < 0 ? [body] : [body.subarray(0, at), body.subarray(at + SEPARATOR.length)];
}

/** Parses a map, and signs it if it has a placeholder for the signature. */
function receive(body: Buffer): Received {
  let received: Received = { bytes: body, value: strictly(body) };
  received = replaced(received, NO_SIGNATURES, (map) => {
    const [signature] = signServiceMap(map, { keys: [FIXED_KEY] }).signatures ?? [];
    return isDeepStrictEqual(map.signatures, ['@']) ? `"signatures":["${signature}"]` : NO_SIGNATURES;
  });
  return replaced(received, UNSIGNED, (map) =>
    map.signature === '@' ? `"signature":"${createServiceMapSignature(map, KEY)}"` : UNSIGNED,
  );
}

function replaced(received: Received, text: string, by: (map: Record<string, unknown>) => string): Received {
  const { bytes, value } = received;
  const body = Buffer.from(bytes);
  const at = body.indexOf(text);
  if (at < 0 || !isRecord(value)) return received;
  try {
    const put = Buffer.from(by(value));
    const next = Buffer.concat([body.subarray(0, at), put, body.subarray(at + text.length)]);
    return { bytes: next, value: strictly(next) };
  } catch (error) {
    // Signing fails for a map that no reader would accept.
    checkRefusal(error);
    return received;
  }
}

/** Returns undefined for bytes that the parser rejects; the rejection must have a code. */
function strictly(bytes: Uint8Array): unknown {
  try {
    return parseStrictJson(bytes);
  } catch (error) {
    checkRefusal(error);
    return undefined;
  }
}

function checkRefusal(error: unknown): void {
  if (!(error instanceof ConnectorManifestError)) throw error;
  must(isErrorCode(error.code), `${error.code} is not a known error code`);
  must(error.message.isWellFormed() && !/\p{Cc}/u.test(error.message), 'a refusal holds control characters');
  must(error.message.length < 500, 'a refusal is longer than 500 characters');
}

function checkCanonicalForm(bytes: Uint8Array, value: unknown): void {
  const canonical = canonicalJson(value);
  const again = parseStrictJson(Buffer.from(canonical));
  must(canonicalJson(again) === canonical, 'the canonical form of a canonical form is different');
  must(JSON.stringify(value).length === canonical.length, 'the canonical form lost or gained something');
  must(
    isDeepStrictEqual(JSON.parse(Buffer.from(bytes).toString('utf8')), value),
    'the strict parser reads something else',
  );
  if (!isRecord(value)) return;
  const { signature: _signature, ...payload } = value;
  const pieces = [...canonicalPieces(value, 'signature')].map(({ text }) => text).join('');
  must(pieces === canonicalJson(payload), 'the pieces do not make up the canonical form');
  const signature = createServiceMapSignature(value, KEY);
  must(verifyServiceMapSignature(value, signature, KEY), 'a signature does not verify');
  must(!verifyServiceMapSignature(value, signature, `${KEY}!`), 'a signature verifies with another key');
  must(!verifyServiceMapSignature({ ...value, more: 1 }, signature, KEY) || value.more === 1, 'an addition is signed');
}

function judged(
  bytes: Uint8Array,
  known: KnownMap | null,
  maps: ProvenMaps | null,
  policy: ProofPolicy,
): Record<string, unknown> {
  try {
    const proof = proveMap(bytes, known, policy, maps);
    if (proof.kind === 'same-body') return { kind: proof.kind };
    const { phases: _phases, trace: _trace, digests, ...rest } = proof;
    const idList = Buffer.from(digests.idList).toString();
    return { ...rest, idList, digests: Buffer.from(digests.digests).toString('hex') };
  } catch (error) {
    checkRefusal(error);
    return { refused: codeOf(error) };
  }
}

/** Checks that an accepted map was signed and is complete. */
function checkProof(value: unknown, { kind, sent }: Record<string, unknown>, { trust }: ProofPolicy): void {
  if (kind !== 'proof') return;
  must(isRecord(value), 'a value was verified that is not an object');
  const hasMac = verifyServiceMapSignature(value, String(value.signature), KEY);
  must(hasMac || (trust.accept !== 'hmac' && trust.accept !== 'both'), 'a map was verified although its HMAC is wrong');
  must(Array.isArray(value.connectors) && Array.isArray(sent), 'a verified map has no connectors');
  const ids = (sent as readonly { readonly id: string }[]).map(({ id }) => id);
  must(
    isDeepStrictEqual(
      ids,
      value.connectors.map(({ id }) => id),
    ),
    'the proof sends other entries than the map has',
  );
  must(new Set(ids).size === ids.length, 'an id occurs twice');
}

function remembered(
  bytes: Uint8Array,
  policy: ProofPolicy,
): { readonly known: KnownMap; readonly maps: ProvenMaps } | null {
  try {
    const proof = proveMap(bytes, null, policy);
    if (proof.kind !== 'proof') return null;
    const maps = new ProvenMaps();
    const trace = proof.trace();
    if (trace !== null) maps.keep(trace, null);
    const { bodySha256, digests, expiresAtMs } = proof;
    return { known: { bodySha256, digests, expiresAtMs }, maps };
  } catch (error) {
    checkRefusal(error);
    return null;
  }
}

function show(result: Record<string, unknown>): string {
  return JSON.stringify(result).slice(0, 200);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
