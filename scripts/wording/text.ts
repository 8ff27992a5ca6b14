/** A piece of prose in the repository: a comment, a test title, or a paragraph, table cell or list item of a page. */
export interface Text {
  /** Path of the file, relative to the root of the repository. */
  readonly path: string;
  /** Number of the line on which the text starts. The first line is 1. */
  readonly line: number;
  readonly kind: 'comment' | 'docstring' | 'title' | 'page';
  /** The words, without comment marks and line breaks. Code spans are kept, with their backticks. */
  readonly words: string;
}
