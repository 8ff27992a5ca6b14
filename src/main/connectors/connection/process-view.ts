/** The longest line that goes into an error. */
const MAX_LINE_LENGTH = 300;

/** The program behind a connector, as it is whenever it is looked at. */
export interface ProcessView {
  readonly pid: number | null;
  /** The end of what it wrote to stderr: at most 8 KiB, no control characters. */
  readonly stderr: string;
}

/** The last line that a program wrote to stderr; empty where it wrote none. */
export function lastLineOf({ stderr }: ProcessView): string {
  return stderr.trimEnd().split('\n').at(-1)?.trim().slice(0, MAX_LINE_LENGTH) ?? '';
}

/** A program that follows another: as long as it says nothing, the last words of the one before tell more. */
export function withLastWords(view: ProcessView, before: ProcessView | null): ProcessView {
  const lastWords = before?.stderr ?? '';
  return {
    get pid() {
      return view.pid;
    },
    get stderr() {
      return view.stderr || lastWords;
    },
  };
}
