import { commandsOf, quickData } from '../../scripts/build-help.ts';
import { createProgram } from '../../src/main/cli/program.ts';
import { OWN_COMMAND } from '../../src/main/cli/quick/quick-data.ts';
import { PROGRAM } from '../../src/main/cli/terminal/own-command.ts';

/** A line below "Examples" in the help of a command. */
export interface HelpExample {
  /** The words that name the command, without the program name. */
  readonly command: string;
  /** The line as a user of the installed package types it. */
  readonly line: string;
}

/** Returns the full name of every command in the help, such as `auth login`. */
export function commandWords(): readonly string[] {
  return commandsOf(createProgram(() => {})).map(({ words }) => words);
}

/** Returns every example of every `--help`, in the order of the help. */
export function helpExamples(): readonly HelpExample[] {
  return Object.entries(quickData().help).flatMap(([command, { after }]) =>
    (/\nExamples\n((?: {2}.*\n)+)/.exec(after)?.[1] ?? '')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => ({ command, line: line.slice(2).replaceAll(OWN_COMMAND, PROGRAM) })),
  );
}
