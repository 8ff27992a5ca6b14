/**
 * Decodes the text of a configuration file: UTF-8, or UTF-16 as editors on Windows write it, with or without a byte
 * order mark. Throws an Error if the bytes are valid in none of these encodings.
 */
export function decodeText(bytes: Uint8Array): string {
  const encoding = encodingOf(bytes);
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new Error(encoding === 'utf-8' ? 'it is not UTF-8' : 'it is neither UTF-8 nor UTF-16');
  }
}

function encodingOf(bytes: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  // A configuration file begins with ASCII, so one byte of each of its first UTF-16 units is 0.
  const start = bytes.subarray(0, 8);
  if (bytes.length < 4 || bytes.length % 2 !== 0) return 'utf-8';
  if (start.every((byte, at) => (byte === 0) === (at % 2 === 1))) return 'utf-16le';
  return start.every((byte, at) => (byte === 0) === (at % 2 === 0)) ? 'utf-16be' : 'utf-8';
}
