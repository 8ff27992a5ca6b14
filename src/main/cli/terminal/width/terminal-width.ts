/** What is written for a file or a program may be this wide. */
const DEFAULT_WIDTH = 100;

/** The columns of the terminal that stdout is; 100 where it is none. */
export function terminalWidth(): number {
  return process.stdout.isTTY ? process.stdout.columns || DEFAULT_WIDTH : DEFAULT_WIDTH;
}
