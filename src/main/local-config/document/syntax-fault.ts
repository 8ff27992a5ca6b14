/** Why a text is not of its format, and where. */
export class SyntaxFault extends Error {
  readonly offset: number;

  /** `why` goes on from the place: `it is not JSON (…)`. It must quote nothing of the text. */
  constructor(offset: number, why: string) {
    super(why);
    this.offset = offset;
  }
}

/** Levels that a file may nest. The parsers recurse. */
export const MAX_DEPTH = 64;

/** What nests deeper than {@link MAX_DEPTH}. */
export function tooDeep(offset: number): SyntaxFault {
  return new SyntaxFault(offset, `it nests deeper than ${MAX_DEPTH} levels`);
}
