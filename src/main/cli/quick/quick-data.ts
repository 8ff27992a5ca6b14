/**
 * Content of a JSON file next to the program, from which help is printed without creating all commands. The build of
 * the package writes the file, so it is missing if the program runs from its sources.
 */
export interface QuickHelpData {
  readonly version: string;
  /**
   * The help of each command. The key is the full name of the command, such as `tools diff`, or empty for the program
   * itself.
   */
  readonly help: Readonly<Record<string, QuickHelp>>;
}

/**
 * Content of the JSON file with completions. It is a separate file, because a command line needs either help or
 * completions.
 */
export interface QuickCompletionData {
  readonly completion: readonly QuickCompletion[];
}

/** The parts of a command's help, which are not yet wrapped to the width of the terminal. */
export interface QuickHelp {
  readonly usage: string;
  readonly description: string;
  /** Width of the widest term in all lists. */
  readonly termWidth: number;
  readonly lists: readonly QuickList[];
  /** Text after the lists. {@link OWN_COMMAND} stands for the words that start this program. */
  readonly after: string;
}

/** A list of arguments, options or commands under a heading. */
export interface QuickList {
  readonly heading: string;
  readonly items: readonly (readonly [term: string, description: string])[];
}

/** The options and arguments of one command that a shell can complete. */
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
  /** Values of the option that shell completion offers; null if the option has no value. */
  readonly choices: readonly string[] | null;
}

interface QuickArgument {
  readonly name: string;
  readonly isVariadic: boolean;
  /** Values of the argument that shell completion offers; null if any value is allowed. */
  readonly choices: readonly string[] | null;
}

/** Name of the file with {@link QuickHelpData}. */
export const QUICK_HELP_FILE = 'quick-help.json';

/** Name of the file with {@link QuickCompletionData}. */
export const QUICK_COMPLETION_FILE = 'quick-completion.json';

/** Placeholder in help text for the words with which the user starts this program. */
export const OWN_COMMAND = '\u0001';
