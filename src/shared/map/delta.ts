import { hash } from 'node:crypto';

/** Bytes of one entry's digest: all of SHA-256, because asymmetric signatures cover digests instead of entries. */
export const DIGEST_BYTES = 32;

/**
 * What a map says of each of its connectors, in little. Both members are in shared memory, written once and never
 * changed: the table crosses threads with every load, and what crosses is a reference, whatever the number of
 * connectors (bench/scale.ts).
 */
export interface DigestTable {
  /** The ids in map order, joined by line feeds (which no id holds), as ASCII; empty for no connectors. */
  readonly idList: SharedBytes;
  /** 32 bytes for each id, in the same order. */
  readonly digests: SharedBytes;
}

/** Bytes that several threads read. */
type SharedBytes = Uint8Array<SharedArrayBuffer>;

/** Which connectors differ between two maps, as ids; each list in the order of the map that holds them. */
export interface Delta {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  readonly unchangedCount: number;
}

/** The digest table of no connectors at all. */
export const EMPTY_DIGESTS: DigestTable = { idList: sharedBytes(0), digests: sharedBytes(0) };

/** The digest of one entry, out of its canonical form. */
export function digestEntry(canonicalEntry: string): Uint8Array {
  return hash('sha256', canonicalEntry, 'buffer');
}

/** The table of entries whose ids and digests stand in the same order, the digests one after the other. */
export function digestTableOf(ids: readonly string[], flat: Uint8Array): DigestTable {
  const digests = sharedBytes(flat.length);
  digests.set(flat);
  const text = Buffer.from(ids.join('\n'), 'latin1');
  const idList = sharedBytes(text.length);
  idList.set(text);
  return { idList, digests };
}

/** How many connectors a table has. */
export function countOf({ digests }: DigestTable): number {
  return digests.length / DIGEST_BYTES;
}

/** The ids of a table, in map order. Takes as long as there are many. */
export function idsOf({ idList }: DigestTable): readonly string[] {
  return idList.length === 0 ? [] : Buffer.from(idList.buffer).toString('latin1').split('\n');
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

function sharedBytes(length: number): SharedBytes {
  return new Uint8Array(new SharedArrayBuffer(length));
}
