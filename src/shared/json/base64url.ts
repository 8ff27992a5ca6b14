/**
 * The bytes that `text` encodes in base64url without padding (RFC 7515 section 2), or null where another text encodes
 * the same bytes. `Buffer.from` skips what it does not understand, so the bytes are encoded again and compared: two
 * spellings of one signature or key would let bytes be altered without anybody noticing.
 */
export function decodeBase64url(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : null;
}
