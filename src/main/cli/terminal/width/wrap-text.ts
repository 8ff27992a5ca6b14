import { widthOf } from './text-width.ts';

/** Text is never wrapped to less than this width, because many words would not fit. */
const MIN_WIDTH = 20;

/** Wraps a string at spaces to lines of at most `width` columns. A word that is longer gets a separate line. */
export function wrapped(text: string, width: number): readonly string[] {
  const most = Math.max(MIN_WIDTH, width);
  const indent = /^\s*/.exec(text)?.[0] ?? '';
  const lines: string[] = [];
  let line = '';
  for (const word of text.trim().split(/\s+/)) {
    const longer = line === '' ? indent + word : `${line} ${word}`;
    if (line !== '' && widthOf(longer) > most) {
      lines.push(line);
      line = indent + word;
    } else line = longer;
  }
  return [...lines, line];
}
