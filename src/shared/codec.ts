import { Packr } from 'msgpackr';

// useRecords: objects with the same keys store them once per message, which makes messages smaller than JSON. Messages
// share no structures, so each can be decoded alone.
const packr = new Packr({ useRecords: true });

/**
 * Encodes a JSON-like value. The bytes are owned by the caller and alone in their buffer, so that they can be
 * transferred.
 */
export function pack(value: unknown): Uint8Array<ArrayBuffer> {
  // Copies the result, because pack() returns a view of a pooled buffer that the next call reuses.
  return new Uint8Array(packr.pack(value));
}

/** Decodes the value that {@link pack} encoded. */
export function unpack(bytes: Uint8Array): unknown {
  return packr.unpack(bytes);
}
