import { invalidParams } from '../protocol/rpc-errors.ts';

/** Entries of a list in one answer. */
const PAGE_SIZE = 1_000;

/** A part of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Undefined at the end of the list. */
  readonly nextCursor: string | undefined;
}

/**
 * The page of a list, ordered by key, that a cursor stands for: the entries behind the last key of the page before, so that it holds though the list changes meanwhile. Throws an RpcError for a cursor that is
 * none.
 */
export function pageOf<T>(list: readonly T[], keyOf: (item: T) => string, cursor: unknown): Page<T> {
  const from = cursor === undefined ? 0 : firstAfter(list, keyOf, readCursor(cursor));
  const items = list.slice(from, from + PAGE_SIZE);
  const last = items.at(-1);
  const isEnd = last === undefined || from + PAGE_SIZE >= list.length;
  return { items, nextCursor: isEnd ? undefined : Buffer.from(keyOf(last)).toString('base64url') };
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

function firstAfter<T>(list: readonly T[], keyOf: (item: T) => string, key: string): number {
  const at = lowerBound(list, keyOf, key);
  return at < list.length && keyOf(list[at] as T) === key ? at + 1 : at;
}

function readCursor(cursor: unknown): string {
  if (typeof cursor !== 'string' || !/^[A-Za-z0-9_-]+$/.test(cursor))
    throw invalidParams('The cursor is none of this server');
  return Buffer.from(cursor, 'base64url').toString();
}
