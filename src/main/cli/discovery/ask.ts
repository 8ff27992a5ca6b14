import { createInterface } from 'node:readline';

/** The terminal that a person is asked on; null where there is none. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

/** The terminal of this process: stdin to answer and stderr to ask, since stdout belongs to the result. */
export function ownTerminal(): Terminal | null {
  const { stdin, stderr } = process;
  return stdin.isTTY && stderr.isTTY ? { input: stdin, output: stderr } : null;
}

/** Asks a question; only `y` and `yes` are a yes. The end of the input is a no. */
export function ask(question: string, { input, output }: Terminal): Promise<boolean> {
  // As lines, not as keys: Ctrl-C then ends the process as it always does.
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
