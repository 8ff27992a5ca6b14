import type { WireError } from '../errors.ts';

/** A writer's answer: failures are data, since Comlink drops class and code. */
export type WriterReply<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: WireError };
