/**
 * Decodes the bytes of a configuration file as UTF-8, or as UTF-16, which some editors on Windows write. The byte order
 * mark is optional. Throws an Error if the bytes are valid in neither encoding.
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
  // A configuration file begins with ASCII characters. In UTF-16, one of the two bytes of such a character is 0.
  const start = bytes.subarray(0, 8);
  if (bytes.length < 4 || bytes.length % 2 !== 0) return 'utf-8';
  if (start.every((byte, at) => (byte === 0) === (at % 2 === 1))) return 'utf-16le';
  return start.every((byte, at) => (byte === 0) === (at % 2 === 0)) ? 'utf-16be' : 'utf-8';
}
