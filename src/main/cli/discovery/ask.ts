import { createInterface } from 'node:readline';

/** The streams over which the program asks the user a question. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

/**
 * Returns stdin for answers and stderr for questions, because stdout is reserved for the result. Returns null if one of
 * them is not a terminal.
 */
export function ownTerminal(): Terminal | null {
  const { stdin, stderr } = process;
  return stdin.isTTY && stderr.isTTY ? { input: stdin, output: stderr } : null;
}

/**
 * Asks the user a yes-or-no question. Only the answers `y` and `yes` count as yes. If the input ends without an answer,
 * the answer is no.
 */
export function ask(question: string, { input, output }: Terminal): Promise<boolean> {
  // The terminal stays in line mode, so that Ctrl-C interrupts the process as usual.
  const lines = createInterface({ input, terminal: false });
  output.write(question);
  return new Promise((resolve) => {
    lines.once('line', (line) => {
      resolve(/^y(?:es)?$/i.test(line.trim()));
      lines.close();
    });
    lines.once('close', () => resolve(false));
  });
}
