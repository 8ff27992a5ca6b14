/**
 * Decodes base64url without padding (RFC 7515 section 2). Returns null if `text` is not the canonical encoding of its
 * bytes. `Buffer.from` skips invalid characters, so the bytes are encoded again and compared with `text`. Without this
 * comparison, several strings would be accepted for the same signature or key.
 */
export function decodeBase64url(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : null;
}
