import { stripVTControlCharacters } from 'node:util';

const segments = new Intl.Segmenter();

/**
 * Emoji, and East Asian wide and fullwidth characters. A terminal shows each of them in two columns (UAX 11, UTS 51).
 */
const EMOJI = /^(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f)/u;
const ASIAN =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff]/u;
const FULL = /^[\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]/u;

const WITHOUT_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]+$/u;

/** Returns the number of columns that a string needs on a terminal. Escape sequences for colors need none. */
export function widthOf(text: string): number {
  if (/^[\u0020-\u007e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segments.segment(stripVTControlCharacters(text))) width += widthOfOne(segment);
  return width;
}

/** Shortens a string to at most `width` columns. A shortened string ends with … and has no colors. */
export function cutTo(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let cut = '';
  let used = 0;
  for (const { segment } of segments.segment(stripVTControlCharacters(text))) {
    const next = widthOfOne(segment);
    if (used + next > width - 1) break;
    cut += segment;
    used += next;
  }
  return width < 1 ? '' : `${cut}…`;
}

/** Adds spaces to the end of a string until it is `width` columns wide. */
export function padTo(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

function widthOfOne(segment: string): number {
  if (WITHOUT_WIDTH.test(segment)) return 0;
  return EMOJI.test(segment) || ASIAN.test(segment) || FULL.test(segment) ? 2 : 1;
}
