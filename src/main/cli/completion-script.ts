import tab from '@bomb.sh/tab';
import { ownProgram, PROGRAM, shellLine } from './terminal/own-command.ts';

/** The second name of the program. */
const ALIAS = 'switchyard';

/** Lines for each shell that complete the second name with the functions of the script for the first name. */
const ALIAS_LINES: Readonly<Record<string, string>> = {
  bash: `complete -F __mcp_switchyard_complete ${ALIAS}`,
  zsh: `compdef _${PROGRAM} ${ALIAS}`,
  fish: `complete -c ${ALIAS} --wraps ${PROGRAM}`,
  powershell: `Register-ArgumentCompleter -CommandName '${ALIAS}' -ScriptBlock $__mcp_switchyardCompleterBlock`,
};

/** Whether there is a completion script for a shell. */
export function isShell(shell: string): boolean {
  return Object.hasOwn(ALIAS_LINES, shell);
}

/** Prints the script that makes a shell complete both names of the program. */
export function printCompletionScript(shell: string): void {
  const { command, args } = ownProgram();
  tab.setup(PROGRAM, shellLine([command, ...args]), shell);
  process.stdout.write(`${ALIAS_LINES[shell]}\n`);
}
