/** Maximum length of a line in an error message. */
const MAX_LINE_LENGTH = 300;

/** A live view of the process of a stdio server: each property reflects the current state. */
export interface ProcessView {
  readonly pid: number | null;
  /** The end of its stderr: at most 8 KiB, no control characters. */
  readonly stderr: string;
}

/** Returns the last line that a process wrote to stderr; empty if it wrote none. */
export function lastLineOf({ stderr }: ProcessView): string {
  return stderr.trimEnd().split('\n').at(-1)?.trim().slice(0, MAX_LINE_LENGTH) ?? '';
}

/**
 * Returns the view of a restarted process. While the new process has written nothing to stderr, `stderr` shows the
 * output of the previous process.
 */
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
