import { hash } from 'node:crypto';

/** Bytes of one entry's digest: SHA-256, cut to 128 bits; both sides come from a proven map, so no more is needed. */
const DIGEST_BYTES = 16;

/**
 * What a map says of each of its connectors, in little. Two flat members rather than a list of pairs: the table crosses
 * threads with every load, and one string and one buffer are copied at memory speed.
 */
export interface DigestTable {
  /** The ids in map order, joined by line feeds (which no id holds); empty for no connectors. */
  readonly idList: string;
  /** 16 bytes for each id, in the same order. */
  readonly digests: Uint8Array<ArrayBuffer>;
}

/** Which connectors differ between two maps, as ids; each list in the order of the map that holds them. */
export interface Delta {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  readonly unchangedCount: number;
}

/** The digest table of no connectors at all. */
export const EMPTY_DIGESTS: DigestTable = { idList: '', digests: new Uint8Array(0) };

/** The digest of one entry, out of its canonical form. */
export function digestEntry(canonicalEntry: string): Uint8Array {
  return hash('sha256', canonicalEntry, 'buffer').subarray(0, DIGEST_BYTES);
}

/** The table of entries whose ids and digests stand in the same order. */
export function createDigestTable(ids: readonly string[], digests: readonly Uint8Array[]): DigestTable {
  const bytes = new Uint8Array(digests.length * DIGEST_BYTES);
  for (const [index, digest] of digests.entries()) bytes.set(digest, index * DIGEST_BYTES);
  return { idList: ids.join('\n'), digests: bytes };
}

/** The ids of a table, in map order. */
export function idsOf(table: DigestTable): readonly string[] {
  return table.idList === '' ? [] : table.idList.split('\n');
}

/** What turns `previous` into `next`. */
export function diffDigests(previous: DigestTable, next: DigestTable): Delta {
  const before = new Map(idsOf(previous).map((id, index) => [id, index]));
  const added: string[] = [];
  const changed: string[] = [];
  let unchangedCount = 0;
  for (const [index, id] of idsOf(next).entries()) {
    const old = before.get(id);
    before.delete(id);
    if (old === undefined) added.push(id);
    else if (sameDigest(previous.digests, old, next.digests, index)) unchangedCount += 1;
    else changed.push(id);
  }
  return { added, changed, removed: [...before.keys()], unchangedCount };
}

function sameDigest(left: Uint8Array, leftIndex: number, right: Uint8Array, rightIndex: number): boolean {
  const leftStart = leftIndex * DIGEST_BYTES;
  const rightStart = rightIndex * DIGEST_BYTES;
  for (let offset = 0; offset < DIGEST_BYTES; offset += 1) {
    if (left[leftStart + offset] !== right[rightStart + offset]) return false;
  }
  return true;
}
