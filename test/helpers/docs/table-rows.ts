/** Returns the cells of each row of the tables on a Markdown page. Heads are among them, lines under heads are not. */
export function readTableRows(page: string): readonly (readonly string[])[] {
  const lines = page.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| --- |'));
  return lines.map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}
