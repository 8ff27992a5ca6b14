import { invalidParams } from '../messages/rpc-errors.ts';

/** What one answer holds of a list, at most: so many entries, and so many characters of JSON. */
const PAGE_SIZE = 1_000;
const PAGE_LENGTH = 4 * 1024 * 1024;

/** What an entry may take; one that is longer would crowd out the others, and is left out. */
export const MAX_ENTRY_LENGTH = 256 * 1024;

/** A part of a list. */
export interface Page {
  /** The entries as JSON, with commas between. */
  readonly json: string;
  /** Undefined at the end of the list. */
  readonly nextCursor: string | undefined;
}

/** How the entries of a list are told apart and written. */
export interface Writing<T> {
  readonly keyOf: (item: T) => string;
  /** The JSON of an entry; null to leave it out. */
  readonly write: (item: T) => string | null;
}

/**
 * The page of a list, ordered by key, that a cursor stands for: the entries behind the last key of the page before, so
 * that it holds though the list changes meanwhile. Throws an RpcError for a cursor that is none.
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

/** The index of the first entry whose key is not below `key`, in a list ordered by key. */
export function lowerBound<T>(list: readonly T[], keyOf: (item: T) => string, key: string): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keyOf(list[middle] as T) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The part of a list that a test takes, made anew when the list is another. */
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
    throw invalidParams('The cursor is none of this server');
  return Buffer.from(cursor, 'base64url').toString();
}
