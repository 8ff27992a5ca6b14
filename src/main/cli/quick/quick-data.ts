/**
 * Help, written when the package is built, so that it is printed without building the tree of all commands. It is a
 * JSON file next to the program. A program that runs from its sources does not have it.
 */
export interface QuickHelpData {
  readonly version: string;
  /**
   * The help of each command, by the words that name the command with spaces between; the key of the program itself is
   * empty.
   */
  readonly help: Readonly<Record<string, QuickHelp>>;
}

/** Completions. They are in a separate file, since a command line needs either help or completions. */
export interface QuickCompletionData {
  readonly completion: readonly QuickCompletion[];
}

/** The help of a command, before it is fitted to a terminal. */
export interface QuickHelp {
  readonly usage: string;
  readonly description: string;
  /** The widest term of all lists. */
  readonly termWidth: number;
  readonly lists: readonly QuickList[];
  /** The text after the lists, with {@link OWN_COMMAND} for the words that start this program. */
  readonly after: string;
}

/** A list of arguments, options or commands under a heading. */
export interface QuickList {
  readonly heading: string;
  readonly items: readonly (readonly [term: string, description: string])[];
}

/** What shells complete at one command. */
export interface QuickCompletion {
  readonly command: string;
  readonly description: string;
  readonly options: readonly QuickOption[];
  readonly arguments: readonly QuickArgument[];
}

interface QuickOption {
  readonly name: string;
  readonly description: string;
  readonly alias: string | null;
  /** The values to choose from; null for an option without a value. */
  readonly choices: readonly string[] | null;
}

interface QuickArgument {
  readonly name: string;
  readonly isVariadic: boolean;
  /** Null if any value is allowed. */
  readonly choices: readonly string[] | null;
}

/** The name of the file with the help. */
export const QUICK_HELP_FILE = 'quick-help.json';

/** The name of the file of completions. */
export const QUICK_COMPLETION_FILE = 'quick-completion.json';

/** Placeholder for the words that start this program in the user's shell. */
export const OWN_COMMAND = '\u0001';
