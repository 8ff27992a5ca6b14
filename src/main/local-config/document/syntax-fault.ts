/** Reports why and where a text does not have its format. */
export class SyntaxFault extends Error {
  readonly offset: number;

  /**
   * Creates a fault at `offset`. `why` continues after the position: `it is not JSON (…)`. It must not quote the text.
   */
  constructor(offset: number, why: string) {
    super(why);
    this.offset = offset;
  }
}

/** Maximum depth of a file. The limit exists because the parsers recurse. */
export const MAX_DEPTH = 64;

/** Creates the fault for a text that is nested deeper than {@link MAX_DEPTH}. */
export function tooDeep(offset: number): SyntaxFault {
  return new SyntaxFault(offset, `it is nested deeper than ${MAX_DEPTH} levels`);
}
