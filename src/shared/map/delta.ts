import { hash } from 'node:crypto';

/**
 * Size of the digest of one entry in bytes. A digest is a whole SHA-256, because asymmetric signatures cover the
 * digests instead of the entries.
 */
export const DIGEST_BYTES = 32;

/**
 * Digests of all connectors of a map. Each load sends this table to another thread. Both fields are in shared memory,
 * so only references are sent, however many connectors there are (bench/scale.ts). The memory is written only once.
 */
export interface DigestTable {
  /** Ids in map order as ASCII, joined by line feeds, which no id contains. Empty if there are no connectors. */
  readonly idList: SharedBytes;
  /** One digest of 32 bytes for each id, in the order of `idList`. */
  readonly digests: SharedBytes;
}

/** Bytes in memory that several threads can read. */
type SharedBytes = Uint8Array<SharedArrayBuffer>;

/**
 * The differences between two maps, as ids of connectors. Each list is in the order of the map that contains its
 * connectors.
 */
export interface Delta {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  readonly unchangedCount: number;
}

/** Digest table of a map without connectors. */
export const EMPTY_DIGESTS: DigestTable = { idList: sharedBytes(0), digests: sharedBytes(0) };

/** Returns the digest of one entry from its canonical form. */
export function digestEntry(canonicalEntry: string): Uint8Array {
  return hash('sha256', canonicalEntry, 'buffer');
}

/** Creates the digest table of a map. `flat` contains the digests consecutively, in the order of `ids`. */
export function digestTableOf(ids: readonly string[], flat: Uint8Array): DigestTable {
  const digests = sharedBytes(flat.length);
  digests.set(flat);
  const text = Buffer.from(ids.join('\n'), 'latin1');
  const idList = sharedBytes(text.length);
  idList.set(text);
  return { idList, digests };
}

/** Returns the number of connectors in a table. */
export function countOf({ digests }: DigestTable): number {
  return digests.length / DIGEST_BYTES;
}

/** Returns the ids of a table, in map order. Decodes all ids on every call. */
export function idsOf({ idList }: DigestTable): readonly string[] {
  return idList.length === 0 ? [] : Buffer.from(idList.buffer).toString('latin1').split('\n');
}

/** Returns the changes from `previous` to `next`. */
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
