/**
 * Help, written when the package is built, so that it is printed without building the tree of all commands. It is a
 * JSON file next to the program. A program that runs from its sources does not have it.
 */
export interface QuickHelpData {
  readonly version: string;
  /** By the words that name a command, with spaces between; the key of the program itself is empty. */
  readonly help: Readonly<Record<string, QuickHelp>>;
}

/** Completions, in a file of their own: each of the two files is read alone. */
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
  /** Null if anything may be given. */
  readonly choices: readonly string[] | null;
}

/** The name of the file. */
export const QUICK_HELP_FILE = 'quick-help.json';

/** The name of the file of completions. */
export const QUICK_COMPLETION_FILE = 'quick-completion.json';

/** Stands for the words that start this program here. */
export const OWN_COMMAND = '\u0001';
