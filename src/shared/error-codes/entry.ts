/** Meaning and remedy of an error code. docs/errors.md is generated from all entries. */
export interface ErrorCodeEntry {
  /** What happened. */
  readonly meaning: string;
  /** What the reader can do about it. */
  readonly remedy: string;
}

/** Creates one row of the table of error codes. */
export const entry = (meaning: string, remedy: string): ErrorCodeEntry => ({ meaning, remedy });
