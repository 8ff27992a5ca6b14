const MAX_LENGTH = 64;

/**
 * Formats a `kid` for messages and logs. The result is in quotes, has at most 64 characters, and contains no terminal
 * control characters.
 */
export function shownKid(kid: string): string {
  const text = kid.length > MAX_LENGTH ? `${kid.slice(0, MAX_LENGTH)}…` : kid;
  return `"${text.toWellFormed().replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}"]/gu, '\ufffd')}"`;
}
