import { monotonicMs } from '../clock.ts';
import { type Delta, DIGEST_BYTES, digestTableOf } from '../map/delta.ts';
import { type EntryBytes, endOfObject, findEntries } from '../map/entry-scanner.ts';
import { asServiceMap, checkEntry, checkServiceMap, type RawEntry } from '../map/service-map.ts';
import { MAX_JSON_DEPTH, parseStrictJson } from '../map/strict-json.ts';
import type { ProofPolicy } from '../protocol/thread-messages.ts';
import { type DigestTexts, digestOfMap } from '../signatures/map-digest.ts';
import { macOfNext, nextDigestTexts, nextMapOf, type Placed } from './next-map.ts';
import type { Proof } from './proof.ts';
import type { ProvenMap } from './proven-maps.ts';
import { assertTimely } from './timeliness.ts';
import { assertMapId, verifyTrust } from './verify-trust.ts';

/** Maximum nesting depth within an entry. The entry itself is two levels deep in its map. */
const MAX_ENTRY_DEPTH = MAX_JSON_DEPTH - 2;

/**
 * Verifies a map that follows a verified map. Entries with the same bytes are neither parsed nor checked nor
 * canonicalized again, but the signature is verified over the whole map. Returns null if anything is wrong or unusual.
 * The caller then verifies the map in full, which reports the reason.
 */
export function proveChanges(
  bytes: Uint8Array,
  bodySha256: string,
  before: ProvenMap,
  policy: ProofPolicy,
): Proof | null {
  try {
    return prove(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), bodySha256, before, policy);
  } catch {
    // The caller then verifies the map in full, which finds and reports the same problem.
    return null;
  }
}

function prove(body: Buffer, bodySha256: string, before: ProvenMap, policy: ProofPolicy): Proof | null {
  let lastMs = monotonicMs();
  const lap = (): number => {
    const startedMs = lastMs;
    lastMs = monotonicMs();
    return lastMs - startedMs;
  };
  const matcher = new Matcher(body, before);
  const found = findEntries(body, (start) => matcher.endOfSame(start));
  if (found === null || found.starts.length > policy.maxConnectors) return null;
  const placed = matcher.place(found);
  if (placed === null) return null;
  const skeleton = asServiceMap(parseStrictJson(without(body, found)));
  const parse = lap();

  const next = nextMapOf(body, bodySha256, found, placed, before);
  let digestTexts: DigestTexts | null = null;
  const digest = (): string => {
    digestTexts = nextDigestTexts(placed, before, next);
    return digestOfMap(skeleton, digestTexts);
  };
  const { signers, bounds } = verifyTrust(
    { map: skeleton, digest, macOf: (key) => macOfNext(skeleton, next, key) },
    policy,
  );
  const verify = lap();

  const checked = checkServiceMap(skeleton, policy.maxConnectors);
  if (checked.entries.length > 0) return null;
  for (const [index, { entry }] of placed.entries()) if (entry !== null) checkEntry(entry, index);
  assertMapId(checked.header, policy.trust);
  const expiresAtMs = assertTimely(checked, policy, bounds);
  const validate = lap();

  const { delta, sent } = differenceOf(placed, before, next);
  const digests = digestTableOf(next.ids, next.digests);
  const { header, generatedAtMs } = checked;
  const phases = { parse, verify, validate, diff: lap() };
  return {
    kind: 'proof',
    header,
    generatedAtMs,
    expiresAtMs,
    signers,
    sent,
    digests,
    delta,
    bodySha256,
    phases,
    trace: () => ({ ...next, digestTexts }),
  };
}

/**
 * Finds the entries of the old map in the new map. Most old entries are in the same order, with few new entries between
 * them.
 */
class Matcher {
  readonly #body: Buffer;
  readonly #before: ProvenMap;
  #byId: ReadonlyMap<string, number> | null = null;
  readonly #parsed = new Map<number, RawEntry>();
  readonly #same = new Map<number, number>();
  /** Index of the old entry that is expected next in the new map. */
  #cursor = 0;

  constructor(body: Buffer, before: ProvenMap) {
    this.#body = body;
    this.#before = before;
  }

  /**
   * Returns the end of the entry at `start` in the new map. If the bytes are not the expected old entry, the entry is
   * scanned and its id is looked up. Returns -1 if no object starts there.
   */
  endOfSame(start: number): number {
    const end = this.#endIfSame(start, this.#cursor);
    if (end < 0) {
      // This entry is new or changed, or old entries before it were removed.
      return this.#resume(start);
    }
    this.#same.set(start, this.#cursor);
    this.#cursor += 1;
    return end;
  }

  /** Returns the entries of the new map, each with its matching old entry; null if two entries have the same id. */
  place({ starts, ends }: EntryBytes): Placed[] | null {
    const used = new Set<string>();
    const placed: Placed[] = [];
    for (const [index, start] of starts.entries()) {
      const old = this.#same.get(start) ?? -1;
      const entry = old >= 0 ? null : this.#parse(start, ends[index] ?? start);
      const id = entry === null ? this.#before.ids[old] : entry.id;
      if (id === undefined || used.has(id)) return null;
      used.add(id);
      placed.push({ old, entry });
    }
    return placed;
  }

  /**
   * Looks for the old entry with the same id as the entry at `start`. The old entry after it is then expected next. The
   * old entries before it were removed or moved.
   */
  #resume(start: number): number {
    const end = endOfObject(this.#body, start);
    if (end < 0) return -1;
    const old = this.#indexOf(this.#parse(start, end).id);
    if (old < 0) return end;
    this.#cursor = old + 1;
    if (this.#endIfSame(start, old) === end) this.#same.set(start, old);
    return end;
  }

  #endIfSame(start: number, old: number): number {
    const { body, starts, ends } = this.#before;
    const from = starts[old];
    const to = ends[old];
    if (from === undefined || to === undefined) return -1;
    const end = start + to - from;
    if (end > this.#body.length) return -1;
    return this.#body.compare(body, from, to, start, end) === 0 ? end : -1;
  }

  #parse(start: number, end: number): RawEntry {
    const known = this.#parsed.get(start);
    if (known !== undefined) return known;
    const entry = asServiceMap(parseStrictJson(this.#body.subarray(start, end), MAX_ENTRY_DEPTH)) as RawEntry;
    this.#parsed.set(start, entry);
    return entry;
  }

  #indexOf(id: string): number {
    this.#byId ??= new Map(this.#before.ids.map((known, index) => [known, index]));
    return this.#byId.get(id) ?? -1;
  }
}

/** Returns the bytes of a map without its entries. The caller parses and checks them. */
function without(body: Buffer, { listStart, listEnd }: EntryBytes): Buffer {
  return Buffer.concat([body.subarray(0, listStart), body.subarray(listEnd)]);
}

/**
 * Returns the changes from the old map to the new map. An entry is treated as unchanged if its canonical form is the
 * same.
 */
function differenceOf(
  placed: readonly Placed[],
  before: ProvenMap,
  next: ProvenMap,
): { readonly delta: Delta; readonly sent: readonly RawEntry[] } {
  const parsed = placed.flatMap(({ entry }, index) => (entry === null ? [] : [{ entry, index }]));
  const isSameSet = parsed.length === 0 && placed.length === before.ids.length;
  const oldOf = new Map(isSameSet ? [] : before.ids.map((id, index) => [id, index]));
  const sent: RawEntry[] = [];
  const [added, changed]: [string[], string[]] = [[], []];
  for (const { entry, index } of parsed) {
    const old = oldOf.get(entry.id);
    if (old !== undefined && digestAt(before, old).equals(digestAt(next, index))) continue;
    sent.push(entry);
    (old === undefined ? added : changed).push(entry.id);
  }
  const unchangedCount = placed.length - sent.length;
  const isAllThere = unchangedCount + changed.length === before.ids.length;
  const now = new Set(isAllThere ? [] : next.ids);
  const removed = isAllThere ? [] : before.ids.filter((id) => !now.has(id));
  return { delta: { added, changed, removed, unchangedCount }, sent };
}

function digestAt({ digests }: ProvenMap, index: number): Buffer {
  return Buffer.from(digests.buffer, digests.byteOffset + index * DIGEST_BYTES, DIGEST_BYTES);
}
