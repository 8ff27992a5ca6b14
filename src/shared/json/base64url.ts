/**
 * Decodes base64url without padding (RFC 7515 section 2). Returns null unless `text` is the canonical encoding of its
 * bytes. `Buffer.from` skips invalid characters, so the bytes are encoded again and compared with `text`. Otherwise the
 * spelling of a signature or key could be altered unnoticed.
 */
export function decodeBase64url(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : null;
}
