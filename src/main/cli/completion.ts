import tab from '@bomb.sh/tab';
import addTab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';
import { ownProgram, PROGRAM, shellLine } from './terminal/own-command.ts';

/** The second name of the program. */
const ALIAS = 'switchyard';

/** Has each shell complete the second name too. The functions are those of the script for the first. */
const ALIAS_LINES: Readonly<Record<string, string>> = {
  bash: `complete -F __mcp_switchyard_complete ${ALIAS}`,
  zsh: `compdef _${PROGRAM} ${ALIAS}`,
  fish: `complete -c ${ALIAS} --wraps ${PROGRAM}`,
  powershell: `Register-ArgumentCompleter -CommandName '${ALIAS}' -ScriptBlock $__mcp_switchyardCompleterBlock`,
};

/** Adds `completion SHELL`, and the hidden command that the shells ask. */
export function addCompletion(program: Command): void {
  addTab(program, { completionCommandName: 'completion' });
  const { command, args } = ownProgram();
  program.commands
    .find((below) => below.name() === 'completion')
    ?.action((shell: string) => {
      tab.setup(PROGRAM, shellLine([command, ...args]), shell);
      process.stdout.write(`${ALIAS_LINES[shell]}\n`);
    });
}
