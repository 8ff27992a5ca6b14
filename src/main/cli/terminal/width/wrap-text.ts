import { widthOf } from './text-width.ts';

/** Less is no width that words fit into. */
const MIN_WIDTH = 20;

/** The lines of a text that may take `width` columns, cut between words. A longer word has a line of its own. */
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
