import { Packr } from 'msgpackr';

// useRecords: objects of one shape carry their keys once per message (10 000 connectors: 8.2 MB against JSON's 12.7).
// Each message is self-contained: no structures are shared between messages, so that any of them can be decoded
// alone.
const packr = new Packr({ useRecords: true });

/** The bytes of a JSON-like value, owned by the caller and alone in their buffer, so that they can be transferred. */
export function pack(value: unknown): Uint8Array<ArrayBuffer> {
  // pack() returns a view of a pooled buffer that the next call reuses: copy.
  return new Uint8Array(packr.pack(value));
}

/** The value that {@link pack} wrote. */
export function unpack(bytes: Uint8Array): unknown {
  return packr.unpack(bytes);
}
