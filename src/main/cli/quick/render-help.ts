import { OWN_COMMAND, type QuickHelp } from './quick-data.ts';

/** Text is not wrapped if less than this width is left for it. */
const MIN_WIDTH_TO_WRAP = 40;
const INDENT = '  ';
const GAP = '  ';

/** Renders the help of a command exactly as commander prints it at this width. `own` replaces {@link OWN_COMMAND}. */
export function renderHelp(
  { usage, description, termWidth, lists, after }: QuickHelp,
  width: number,
  own: string,
): string {
  const parts = [`Usage: ${usage}`, ''];
  if (description !== '') parts.push(boxWrap(description, width), '');
  for (const { heading, items } of lists)
    parts.push(heading, ...items.map(([term, text]) => renderItem(term, text, termWidth, width)), '');
  return parts.join('\n') + after.replaceAll(OWN_COMMAND, () => own);
}

function renderItem(term: string, description: string, termWidth: number, width: number): string {
  if (description === '') return INDENT + term;
  const left = width - termWidth - GAP.length - INDENT.length;
  const isAsItIs = left < MIN_WIDTH_TO_WRAP || /\n[^\S\r\n]/.test(description);
  const text = isAsItIs
    ? description
    : boxWrap(description, left).replaceAll('\n', `\n${' '.repeat(termWidth + GAP.length)}`);
  return INDENT + term.padEnd(termWidth) + GAP + text.replaceAll('\n', `\n${INDENT}`);
}

/** Wraps each line of a string at spaces. */
function boxWrap(text: string, width: number): string {
  if (width < MIN_WIDTH_TO_WRAP) return text;
  return text
    .split(/\r\n|\n/)
    .flatMap((line) => wrapLine(line, width))
    .join('\n');
}

function wrapLine(line: string, width: number): readonly string[] {
  const [first = '', ...chunks] = line.match(/\s*\S+/g) ?? [];
  const lines: string[] = [];
  let last = first;
  for (const chunk of chunks) {
    if (last.length + chunk.length <= width) last += chunk;
    else {
      lines.push(last);
      last = chunk.trimStart();
    }
  }
  return [...lines, last];
}
