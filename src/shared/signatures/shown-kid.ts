const MAX_LENGTH = 64;

/** A `kid` as messages and logs show it: in quotes, at most 64 characters, without what a terminal would obey. */
export function shownKid(kid: string): string {
  const text = kid.length > MAX_LENGTH ? `${kid.slice(0, MAX_LENGTH)}…` : kid;
  return `"${text.toWellFormed().replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}"]/gu, '\ufffd')}"`;
}
