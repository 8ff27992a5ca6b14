import type { WireError } from '../errors.ts';

/** The writer's answer. Failures are returned as data, since Comlink drops class and code. */
export type WriterReply<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: WireError };
