/**
 * Returns the cells of each row of the tables on a Markdown page. The result includes header rows, but not the lines of
 * dashes below them.
 */
export function readTableRows(page: string): readonly (readonly string[])[] {
  const lines = page.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| --- |'));
  return lines.map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}
