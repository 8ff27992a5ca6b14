import { createInterface } from 'node:readline';

/** A terminal on which the user can be asked. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

/**
 * Returns the terminal of this process: stdin for answers and stderr for questions, since stdout belongs to the result.
 */
export function ownTerminal(): Terminal | null {
  const { stdin, stderr } = process;
  return stdin.isTTY && stderr.isTTY ? { input: stdin, output: stderr } : null;
}

/** Asks a yes-or-no question; only `y` and `yes` mean yes. The end of the input means no. */
export function ask(question: string, { input, output }: Terminal): Promise<boolean> {
  // Reads lines instead of single keys, so that Ctrl-C ends the process as usual.
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
