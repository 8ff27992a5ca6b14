import { invalidParams } from '../messages/rpc-errors.ts';

/** Limits of one page: the number of entries, and the length of the JSON in characters. */
const PAGE_SIZE = 1_000;
const PAGE_LENGTH = 4 * 1024 * 1024;

/** Maximum length of one entry's JSON. A longer entry would crowd out the others, so it is left out. */
export const MAX_ENTRY_LENGTH = 256 * 1024;

/** One page of a list. */
export interface Page {
  /** Entries as JSON, separated by commas. */
  readonly json: string;
  /** Cursor of the next page; undefined on the last page. */
  readonly nextCursor: string | undefined;
}

/** How the entries of a list are identified and written. */
export interface Writing<T> {
  readonly keyOf: (item: T) => string;
  /** Returns the JSON of an entry, or null to leave it out. */
  readonly write: (item: T) => string | null;
}

/**
 * Returns the page of a list, ordered by key, that starts after a cursor. The cursor holds the last key of the previous
 * page, so it stays valid when the list changes between two pages. Throws an RpcError for a malformed cursor.
 */
export function pageOf<T>(list: readonly T[], { keyOf, write }: Writing<T>, cursor: unknown): Page {
  let at = cursor === undefined ? 0 : firstAfter(list, keyOf, readCursor(cursor));
  const parts: string[] = [];
  let length = 0;
  for (; at < list.length && parts.length < PAGE_SIZE && length < PAGE_LENGTH; at += 1) {
    const json = write(list[at] as T);
    if (json === null || json.length > MAX_ENTRY_LENGTH) continue;
    parts.push(json);
    length += json.length;
  }
  const nextCursor = at < list.length ? Buffer.from(keyOf(list[at - 1] as T)).toString('base64url') : undefined;
  return { json: parts.join(','), nextCursor };
}

/** Returns the index of the first entry whose key is not below `key`, in a list ordered by key. */
export function lowerBound<T>(list: readonly T[], keyOf: (item: T) => string, key: string): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keyOf(list[middle] as T) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Creates a function that filters a list and caches the last result. The function filters again only for a different
 * list.
 */
export function createSelection<T>(isTaken: (item: T) => boolean): (list: readonly T[]) => readonly T[] {
  let of: readonly T[] | null = null;
  let taken: readonly T[] = [];
  return (list) => {
    if (list !== of) {
      of = list;
      taken = list.filter(isTaken);
    }
    return taken;
  };
}

function firstAfter<T>(list: readonly T[], keyOf: (item: T) => string, key: string): number {
  const at = lowerBound(list, keyOf, key);
  return at < list.length && keyOf(list[at] as T) === key ? at + 1 : at;
}

function readCursor(cursor: unknown): string {
  if (typeof cursor !== 'string' || !/^[A-Za-z0-9_-]+$/.test(cursor))
    throw invalidParams('The cursor does not come from this server');
  return Buffer.from(cursor, 'base64url').toString();
}
