/** Width of output for a file or a pipe. */
const DEFAULT_WIDTH = 100;

/** Returns the columns of the terminal; 100 if stdout is not a terminal. */
export function terminalWidth(): number {
  return process.stdout.isTTY ? process.stdout.columns || DEFAULT_WIDTH : DEFAULT_WIDTH;
}
