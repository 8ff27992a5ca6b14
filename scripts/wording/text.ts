/** A piece of prose in the repository: a comment, a test title, or a paragraph, cell or item of a page. */
export interface Text {
  /** Path from the root of the checkout. */
  readonly path: string;
  /** Line on which it starts, from 1. */
  readonly line: number;
  readonly kind: 'comment' | 'docstring' | 'title' | 'page';
  /** The words without comment marks and without line breaks. Code spans are kept, in backticks. */
  readonly words: string;
}
