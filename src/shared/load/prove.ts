import { hash } from 'node:crypto';
import { monotonicMs } from '../clock.ts';
import { createDigestTable, diffDigests, digestEntry, EMPTY_DIGESTS } from '../map/delta.ts';
import { findEntries, isText } from '../map/entry-scanner.ts';
import { asServiceMap, checkServiceMap } from '../map/service-map.ts';
import { assertSigned } from '../map/signature.ts';
import { parseStrictJson } from '../map/strict-json.ts';
import type { KnownMap, ProofPolicy } from '../protocol/thread-messages.ts';
import type { Proof } from './proof.ts';
import { proveChanges } from './prove-changes.ts';
import type { ProvenMap, ProvenMaps } from './proven-maps.ts';
import { assertNotExpired, assertTimely } from './timeliness.ts';

/**
 * Proves that `bytes` are a current map of the holder of the key: parse → verify the signature → check the shape →
 * judge the time → compare with the known map. Bytes that were proven before are `same-body`. With what `proven`
 * remembers of the known map only what changed since is parsed, checked and written down anew. Throws the MAP_…
 * code of the first check that fails; nothing is taken from a map that fails any.
 */
export function proveMap(
  bytes: Uint8Array,
  known: KnownMap | null,
  policy: ProofPolicy,
  proven: ProvenMaps | null = null,
): Proof | { readonly kind: 'same-body' } {
  const bodySha256 = hash('sha256', bytes);
  if (known !== null && known.bodySha256 === bodySha256) {
    assertNotExpired(known.expiresAtMs, policy);
    return { kind: 'same-body' };
  }
  const before = known === null ? undefined : proven?.get(known.bodySha256);
  const proof = before === undefined ? null : proveChanges(bytes, bodySha256, before, policy);
  return proof ?? proveWhole(bytes, bodySha256, known, policy);
}

function proveWhole(bytes: Uint8Array, bodySha256: string, known: KnownMap | null, policy: ProofPolicy): Proof {
  const lap = stopwatch();

  const map = asServiceMap(parseStrictJson(bytes));
  const parse = lap();

  const texts: string[] = [];
  const entryDigests: Uint8Array[] = [];
  assertSigned(map, policy.trust.hmacKeys[0] ?? '', ({ text, element }) => {
    if (element?.key !== 'connectors') return;
    texts.push(text);
    entryDigests.push(digestEntry(text));
  });
  const verify = lap();

  const checked = checkServiceMap(map, policy.maxConnectors);
  assertTimely(checked, policy);
  const validate = lap();

  const ids = checked.entries.map((entry) => entry.id);
  const digests = createDigestTable(ids, entryDigests);
  const delta = diffDigests(known?.digests ?? EMPTY_DIGESTS, digests);
  const wanted = new Set([...delta.added, ...delta.changed]);
  const { header, generatedAtMs, expiresAtMs } = checked;
  return {
    kind: 'proof',
    ...{ header, generatedAtMs, expiresAtMs, digests, delta, bodySha256 },
    signers: { hmacKey: 0, signatures: [] },
    sent: checked.entries.filter(({ id }) => wanted.has(id)),
    phases: { parse, verify, validate, diff: lap() },
    trace: () => traceOf(bytes, bodySha256, ids, texts, digests.digests),
  };
}

/** What is to be kept of a map that was proven as a whole. */
function traceOf(
  bytes: Uint8Array,
  bodySha256: string,
  ids: readonly string[],
  texts: readonly string[],
  digests: Uint8Array,
): ProvenMap | null {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const found = findEntries(body);
  if (found === null || found.starts.length !== ids.length) return null;
  const { starts, ends } = found;
  const canonical = texts.map((text, index) =>
    isText(body, starts[index] ?? 0, ends[index] ?? 0, text) ? null : text,
  );
  return { bodySha256, body, ids, starts, ends, canonical, digests };
}

/** Milliseconds since the last call, or since the stopwatch was made. */
function stopwatch(): () => number {
  let lastMs = monotonicMs();
  return () => {
    const startedMs = lastMs;
    lastMs = monotonicMs();
    return lastMs - startedMs;
  };
}
