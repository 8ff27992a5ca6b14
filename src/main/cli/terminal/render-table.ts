import { printable } from './output.ts';
import { cutTo, padTo, widthOf } from './width/text-width.ts';

/** A column is not made narrower than this width. */
const MIN_WIDTH = 8;

/**
 * Formats rows as a table of plain text that ends with a line feed. Each column is as wide as its widest cell. If
 * stdout is a terminal, the cells of the widest columns are shortened with … until the table fits.
 */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number = process.stdout.isTTY ? process.stdout.columns || Infinity : Infinity,
): string {
  const shown = rows.map((row) => row.map(printable));
  const widths = fitted(
    head.map((title, column) => Math.max(widthOf(title), ...shown.map((row) => widthOf(row[column] ?? '')))),
    columns,
  );
  const line = (cells: readonly string[]): string =>
    `  ${cells.map((cell, column) => padded(cell, widths[column] ?? 0)).join('  ')}`.trimEnd();
  const rule = widths.map((width) => '─'.repeat(width));
  return `${[head, rule, ...shown].map(line).join('\n')}\n`;
}

/** Returns the widths of the columns. Reduces the widest columns until a line has at most `columns` columns. */
function fitted(widths: readonly number[], columns: number): readonly number[] {
  const narrowed = [...widths];
  let excess = narrowed.reduce((sum, width) => sum + width + 2, 0) - columns;
  while (excess > 0) {
    const widest = Math.max(...narrowed);
    if (widest <= MIN_WIDTH) break;
    const second = Math.max(MIN_WIDTH, ...narrowed.filter((width) => width < widest));
    const index = narrowed.indexOf(widest);
    const less = Math.min(excess, Math.max(1, widest - second));
    narrowed[index] = widest - less;
    excess -= less;
  }
  return narrowed;
}

function padded(cell: string, width: number): string {
  return padTo(cutTo(cell, width), width);
}
