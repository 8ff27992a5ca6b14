import { hash } from 'node:crypto';
import { monotonicMs } from '../clock.ts';
import { diffDigests, digestTableOf, EMPTY_DIGESTS } from '../map/delta.ts';
import { findEntries, isText } from '../map/entry-scanner.ts';
import { asServiceMap, checkServiceMap } from '../map/service-map.ts';
import { parseStrictJson } from '../map/strict-json.ts';
import type { KnownMap, ProofPolicy } from '../protocol/thread-messages.ts';
import { contentOf, type WholeContent } from './map-content.ts';
import type { Proof } from './proof.ts';
import { proveChanges } from './prove-changes.ts';
import type { ProvenMap, ProvenMaps } from './proven-maps.ts';
import { assertTimely, isServable } from './timeliness.ts';
import { assertMapId, verifyTrust } from './verify-trust.ts';

/**
 * Verifies that `bytes` are a current map signed by the trusted keys. The steps are: parse, verify the signatures,
 * check the shape, check the time, and compare with the known map. Returns `same-body` for bytes that were verified
 * before. If `proven` remembers the known map, only the changes since that map are parsed, checked and canonicalized.
 * Throws the MAP_… code of the first check that fails. Nothing of a map that fails a check is used.
 */
export function proveMap(
  bytes: Uint8Array,
  known: KnownMap | null,
  policy: ProofPolicy,
  proven: ProvenMaps | null = null,
): Proof | { readonly kind: 'same-body' } {
  const bodySha256 = hash('sha256', bytes);
  const isKnown = known?.bodySha256 === bodySha256;
  if (isKnown && isServable(known.expiresAtMs, policy)) return { kind: 'same-body' };
  // If the known map has expired, its bytes are verified again, so that the error says what expired and when.
  const before = known === null || isKnown ? undefined : proven?.get(known.bodySha256);
  const proof = before === undefined ? null : proveChanges(bytes, bodySha256, before, policy);
  return proof ?? proveWhole(bytes, bodySha256, known, policy);
}

function proveWhole(bytes: Uint8Array, bodySha256: string, known: KnownMap | null, policy: ProofPolicy): Proof {
  const lap = stopwatch();

  const map = asServiceMap(parseStrictJson(bytes));
  const parse = lap();

  const content = contentOf(map);
  const { signers, bounds } = verifyTrust(content, policy);
  const verify = lap();

  const checked = checkServiceMap(map, policy.maxConnectors);
  assertMapId(checked.header, policy.trust);
  const expiresAtMs = assertTimely(checked, policy, bounds);
  const validate = lap();

  const ids = checked.entries.map((entry) => entry.id);
  const digests = digestTableOf(ids, content.digests);
  const delta = diffDigests(known?.digests ?? EMPTY_DIGESTS, digests);
  const wanted = new Set([...delta.added, ...delta.changed]);
  const { header, generatedAtMs } = checked;
  return {
    kind: 'proof',
    ...{ header, generatedAtMs, expiresAtMs, digests, delta, bodySha256 },
    signers,
    sent: checked.entries.filter(({ id }) => wanted.has(id)),
    phases: { parse, verify, validate, diff: lap() },
    trace: () => traceOf(bytes, bodySha256, ids, content),
  };
}

/** Returns the data about a fully verified map that makes verifying the next map faster. */
function traceOf(
  bytes: Uint8Array,
  bodySha256: string,
  ids: readonly string[],
  { texts, digests, digestTexts }: WholeContent,
): ProvenMap | null {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const found = findEntries(body);
  if (found === null || found.starts.length !== ids.length) return null;
  const { starts, ends } = found;
  const canonical = texts.map((text, index) =>
    isText(body, starts[index] ?? 0, ends[index] ?? 0, text) ? null : text,
  );
  return { bodySha256, body, ids, starts, ends, canonical, digests, digestTexts: digestTexts() };
}

/** Returns a function that returns the milliseconds since its last call, or since the stopwatch was created. */
function stopwatch(): () => number {
  let lastMs = monotonicMs();
  return () => {
    const startedMs = lastMs;
    lastMs = monotonicMs();
    return lastMs - startedMs;
  };
}
