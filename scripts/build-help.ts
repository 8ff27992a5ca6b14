/**
 * Writes the help and the completions of the command line into a build, so that the command line can print them without
 * creating all commands.
 */
import type { EventEmitter } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import tab from '@bomb.sh/tab';
import type { Command, Option } from 'commander';
import { createProgram } from '../src/main/cli/program.ts';
import {
  OWN_COMMAND,
  QUICK_COMPLETION_FILE,
  QUICK_HELP_FILE,
  type QuickCompletion,
  type QuickCompletionData,
  type QuickHelp,
  type QuickHelpData,
  type QuickList,
} from '../src/main/cli/quick/quick-data.ts';
import { ownCommand } from '../src/main/cli/terminal/own-command.ts';
import { PACKAGE_VERSION } from '../src/shared/package-version.ts';

/** Writes the files with help and completions into `dist`, a build of the package. */
export function buildHelp(dist: string): void {
  writeQuickFiles(join(dist, 'main', 'cli'));
}

/** Writes the files with help and completions into `folder`, which contains the program. */
export function writeQuickFiles(folder: string): void {
  const { version, help, completion } = quickData();
  writeFileSync(join(folder, QUICK_HELP_FILE), JSON.stringify({ version, help } satisfies QuickHelpData));
  writeFileSync(join(folder, QUICK_COMPLETION_FILE), JSON.stringify({ completion } satisfies QuickCompletionData));
}

/** Returns the content of the files with help and completions. */
export function quickData(): QuickHelpData & QuickCompletionData {
  const program = createProgram(() => {});
  const help = commandsOf(program).map(({ words, command }) => [words, helpOf(command)]);
  return { version: PACKAGE_VERSION, help: Object.fromEntries(help), completion: completions() };
}

/** A command, and the words that a user types to call it. */
export interface NamedCommand {
  readonly words: string;
  readonly command: Command;
}

/** Returns a command and all of its subcommands, without hidden commands. */
export function commandsOf(command: Command, words = ''): readonly NamedCommand[] {
  const below = command.createHelp().visibleCommands(command);
  const path = (name: string): string => (words === '' ? name : `${words} ${name}`);
  return [{ words, command }, ...below.flatMap((one) => commandsOf(one, path(one.name())))];
}

function helpOf(command: Command): QuickHelp {
  const helper = command.createHelp();
  const list = (heading: string, items: QuickList['items']): QuickList[] =>
    items.length === 0 ? [] : [{ heading, items }];
  const grouped = <T>(all: readonly T[], visible: readonly T[], headingOf: (one: T) => string): Map<string, T[]> =>
    helper.groupItems(all as never, visible as never, headingOf as never) as unknown as Map<string, T[]>;
  const optionGroups = grouped<Option>(
    command.options,
    helper.visibleOptions(command),
    (option) => option.helpGroupHeading ?? 'Options:',
  );
  const commandGroups = grouped<Command>(
    command.commands,
    helper.visibleCommands(command),
    (below) => below.helpGroup() || 'Commands:',
  );
  return {
    usage: helper.commandUsage(command),
    description: helper.commandDescription(command),
    termWidth: helper.padWidth(command, helper),
    lists: [
      ...list(
        'Arguments:',
        helper.visibleArguments(command).map((one) => [helper.argumentTerm(one), helper.argumentDescription(one)]),
      ),
      ...[...optionGroups].flatMap(([heading, options]) =>
        list(
          heading,
          options.map((one) => [helper.optionTerm(one), helper.optionDescription(one)]),
        ),
      ),
      ...[...commandGroups].flatMap(([heading, commands]) =>
        list(
          heading,
          commands.map((one) => [helper.subcommandTerm(one), helper.subcommandDescription(one)]),
        ),
      ),
    ],
    after: textAfter(command).replaceAll(ownCommand(), OWN_COMMAND),
  };
}

/** Returns the text that a command prints after its own help. */
function textAfter(command: Command): string {
  let text = '';
  const context = {
    ...{ error: false, command },
    write: (more: string) => {
      text += more;
    },
  };
  (command as unknown as EventEmitter).emit('afterHelp', context);
  return text;
}

/** Returns the completions that commander's adapter collected when the commands were created. */
function completions(): readonly QuickCompletion[] {
  return [['', tab] as const, ...tab.commands].map(([command, { description, options, arguments: args }]) => ({
    command,
    description: description ?? '',
    options: [...options.values()].map(({ value, description: text, alias, handler }) => ({
      name: value,
      description: text,
      alias: alias ?? null,
      choices: choicesOf(handler),
    })),
    arguments: [...args.values()].map(({ name, variadic, handler }) => ({
      name,
      isVariadic: variadic,
      choices: choicesOf(handler),
    })),
  }));
}

function choicesOf(handler: unknown): readonly string[] | null {
  if (typeof handler !== 'function') return null;
  const choices: string[] = [];
  handler.call({}, (value: string) => choices.push(value), new Map());
  return choices;
}
