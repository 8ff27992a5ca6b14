/** Says why a document is not valid in its format, and at which offset. */
export class SyntaxFault extends Error {
  readonly offset: number;

  /**
   * Creates a fault at `offset`. `why` is a clause such as `it is not JSON (…)`, which follows the position in the
   * message. It must not quote the text, which may contain secrets.
   */
  constructor(offset: number, why: string) {
    super(why);
    this.offset = offset;
  }
}

/** Maximum depth of nesting in a file. Deeper nesting could overflow the stack, because the parsers recurse. */
export const MAX_DEPTH = 64;

/** Creates the fault for a document that is nested deeper than {@link MAX_DEPTH}. */
export function tooDeep(offset: number): SyntaxFault {
  return new SyntaxFault(offset, `it is nested deeper than ${MAX_DEPTH} levels`);
}
