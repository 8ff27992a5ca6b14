/**
 * Decodes base64url without padding (RFC 7515 section 2). Returns null if another text encodes the same bytes.
 * `Buffer.from` skips invalid characters, so the bytes are encoded again and compared. Otherwise a signature or key
 * could be altered in its spelling without being noticed.
 */
export function decodeBase64url(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : null;
}
