import { canonicalJson } from '../map/canonical-json.ts';
import { DIGEST_BYTES, digestEntry } from '../map/delta.ts';
import { type EntryBytes, isText } from '../map/entry-scanner.ts';
import type { RawEntry } from '../map/service-map.ts';
import { macWithEntries } from '../map/signature.ts';
import {
  copyDigestTexts,
  type DigestTexts,
  digestTextsOf,
  emptyDigestTexts,
  writeDigestText,
} from '../signatures/map-digest.ts';
import type { ProvenMap } from './proven-maps.ts';

/** An entry of the new map: either an unchanged entry of the old map, or a newly parsed entry. */
export interface Placed {
  /** Index of the old map's entry with the same bytes; -1 if there is no such entry. */
  readonly old: number;
  readonly entry: RawEntry | null;
}

/**
 * Assembles the data about the next map. Data about unchanged entries is copied, and data about all other entries is
 * new.
 */
export function nextMapOf(
  body: Buffer,
  bodySha256: string,
  found: EntryBytes,
  placed: readonly Placed[],
  before: ProvenMap,
): ProvenMap {
  const digests = new Uint8Array(placed.length * DIGEST_BYTES);
  const ids: string[] = [];
  const canonical: (string | null)[] = [];
  for (const [index, { old, entry }] of placed.entries()) {
    if (entry === null) {
      ids.push(before.ids[old] ?? '');
      canonical.push(before.canonical[old] ?? null);
    } else {
      const text = canonicalJson(entry);
      ids.push(entry.id);
      canonical.push(isText(body, found.starts[index] ?? 0, found.ends[index] ?? 0, text) ? null : text);
      digests.set(digestEntry(text), index * DIGEST_BYTES);
    }
  }
  for (const { to, from, count } of oldRuns(placed))
    digests.set(before.digests.subarray(from * DIGEST_BYTES, (from + count) * DIGEST_BYTES), to * DIGEST_BYTES);
  const { starts, ends } = found;
  return { bodySha256, body, ids, starts, ends, canonical, digests, digestTexts: null };
}

/** Returns the digests of `next` as text. The text for unchanged entries is copied from the previous map. */
export function nextDigestTexts(placed: readonly Placed[], before: ProvenMap, next: ProvenMap): DigestTexts {
  if (before.digestTexts === null) return digestTextsOf(next.digests);
  const texts = emptyDigestTexts(placed.length);
  for (const { to, from, count } of oldRuns(placed)) copyDigestTexts(texts, to, before.digestTexts, from, count);
  for (const [index, { old }] of placed.entries()) if (old < 0) writeDigestText(texts, index, next.digests);
  return texts;
}

/** A run of entries that follow each other in both the old and the new map. */
interface Run {
  /** Index of the run's first entry in the new map (`to`) and in the old map (`from`). */
  readonly to: number;
  readonly from: number;
  readonly count: number;
}

function* oldRuns(placed: readonly Placed[]): Generator<Run> {
  let to = 0;
  while (to < placed.length) {
    const from = placed[to]?.old ?? -1;
    let count = 1;
    if (from >= 0) {
      while (placed[to + count]?.old === from + count) count += 1;
      yield { to, from, count };
    }
    to += count;
  }
}

/**
 * Returns the MAC of the whole map. If the bytes of adjacent entries are in canonical form, with only a comma between
 * them, they are hashed together, which is faster.
 */
export function macOfNext(skeleton: Readonly<Record<string, unknown>>, map: ProvenMap, key: string): Buffer {
  const { body, starts, ends, canonical } = map;
  return macWithEntries(skeleton, key, (mac) => {
    let runStart = -1;
    let runEnd = -1;
    const flush = (): void => {
      if (runStart >= 0) mac.update(body.subarray(runStart, runEnd));
      runStart = -1;
    };
    for (const [index, text] of canonical.entries()) {
      const start = starts[index] ?? 0;
      const end = ends[index] ?? 0;
      if (text === null && runStart >= 0 && start === runEnd + 1) {
        runEnd = end;
        continue;
      }
      flush();
      if (index > 0) mac.update(',');
      if (text !== null) mac.update(text, 'utf8');
      else {
        runStart = start;
        runEnd = end;
      }
    }
    flush();
  });
}
