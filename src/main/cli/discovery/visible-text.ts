/** Characters that a terminal would interpret, hide or show as something else, including spaces other than U+0020. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}/gu;

/** Escapes control, bidirectional and invisible characters in untrusted text, as in `\u{202e}`. */
export function visible(text: string): string {
  return text.replace(UNSEEN, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** Escapes untrusted text, and quotes it with `\` and `"` escaped too, so that its end is clear. */
export function quoted(text: string): string {
  return `"${visible(text.replace(/["\\]/g, '\\$&'))}"`;
}
