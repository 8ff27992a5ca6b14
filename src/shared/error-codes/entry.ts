/** What a code of the table says to people. docs/errors.md is generated from it. */
export interface ErrorCodeEntry {
  /** What happened, in one sentence. */
  readonly meaning: string;
  /** What the reader can do about it. */
  readonly remedy: string;
}

/** One row of the table of codes. */
export const entry = (meaning: string, remedy: string): ErrorCodeEntry => ({ meaning, remedy });
