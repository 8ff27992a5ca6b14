/** What a terminal would obey, hide or show as something else; blanks other than U+0020 are among them. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}/gu;

/** A text of somebody else's with control, bidirectional and invisible characters as `\u{202e}`. */
export function visible(text: string): string {
  return text.replace(UNSEEN, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** The same in quotes, with `\` and `"` escaped too, so that it is clear where it ends. */
export function quoted(text: string): string {
  return `"${visible(text.replace(/["\\]/g, '\\$&'))}"`;
}
