import type { WireError } from '../errors.ts';

/**
 * Reply of the writer thread. A failure is returned as data, because Comlink drops the class and the code of an error.
 */
export type WriterReply<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: WireError };
