/**
 * Characters that a terminal interprets as a command, hides, or shows as something else, including all spaces other
 * than U+0020.
 */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}/gu;

/**
 * Escapes control characters, bidirectional characters and invisible characters in untrusted text, as in `\u{202e}`.
 */
export function visible(text: string): string {
  return text.replace(UNSEEN, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/**
 * Puts untrusted text in double quotes. Escapes invisible characters, `\` and `"`, so that the end of the text is
 * unambiguous.
 */
export function quoted(text: string): string {
  return `"${visible(text.replace(/["\\]/g, '\\$&'))}"`;
}
