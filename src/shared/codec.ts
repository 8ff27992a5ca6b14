import { Packr } from 'msgpackr';

// `useRecords` stores the keys of equally shaped objects once per message, which makes messages smaller than JSON. Each
// message contains its own keys, so it can be decoded without other messages.
const packr = new Packr({ useRecords: true });

/** Encodes a JSON-like value. No other array shares the buffer of the returned bytes, so the caller can transfer it. */
export function pack(value: unknown): Uint8Array<ArrayBuffer> {
  // Copies the result, because pack() returns a view of a pooled buffer that the next call reuses.
  return new Uint8Array(packr.pack(value));
}

/** Decodes the value that {@link pack} encoded. */
export function unpack(bytes: Uint8Array): unknown {
  return packr.unpack(bytes);
}
