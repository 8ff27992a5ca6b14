import tab from '@bomb.sh/tab';
import type { QuickCompletion, QuickCompletionData } from './quick-data.ts';

type Handler = (complete: (value: string, description: string) => void) => void;

/** Prints completions for the last word of a command line. */
export function completeQuickly({ completion }: QuickCompletionData, words: readonly string[]): void {
  for (const one of completion) addTo(one.command === '' ? tab : tab.command(one.command, one.description), one);
  tab.parse([...words]);
}

/** The program or one of its commands, to which options and arguments are added. */
interface Target {
  option(name: string, description: string, handler?: Handler | string, alias?: string): unknown;
  argument(name: string, handler?: Handler, isVariadic?: boolean): unknown;
}

function addTo(command: Target, of: QuickCompletion): void {
  for (const { name, description, alias, choices } of of.options) {
    if (choices !== null) command.option(name, description, offer(choices), alias ?? undefined);
    else if (alias !== null) command.option(name, description, alias);
    else command.option(name, description);
  }
  for (const { name, choices, isVariadic } of of.arguments)
    command.argument(name, choices === null ? undefined : offer(choices), isVariadic);
}

function offer(choices: readonly string[]): Handler {
  return (complete) => {
    for (const choice of choices) complete(choice, '');
  };
}
