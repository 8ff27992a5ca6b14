/** Width for output to a file or a pipe, in columns. */
const DEFAULT_WIDTH = 100;

/** Returns the width of the terminal in columns, or 100 if stdout is not a terminal. */
export function terminalWidth(): number {
  return process.stdout.isTTY ? process.stdout.columns || DEFAULT_WIDTH : DEFAULT_WIDTH;
}
