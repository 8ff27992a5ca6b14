import tab from '@bomb.sh/tab';
import { ownProgram, PROGRAM, shellLine } from './terminal/own-command.ts';

/** Another name under which the program is installed. */
const ALIAS = 'switchyard';

/**
 * For each shell, a line for its completion script. The line makes the shell complete {@link ALIAS} like the main name
 * of the program.
 */
const ALIAS_LINES: Readonly<Record<string, string>> = {
  bash: `complete -F __mcp_switchyard_complete ${ALIAS}`,
  zsh: `compdef _${PROGRAM} ${ALIAS}`,
  fish: `complete -c ${ALIAS} --wraps ${PROGRAM}`,
  powershell: `Register-ArgumentCompleter -CommandName '${ALIAS}' -ScriptBlock $__mcp_switchyardCompleterBlock`,
};

/** Whether a completion script can be printed for a shell of this name. */
export function isShell(shell: string): boolean {
  return Object.hasOwn(ALIAS_LINES, shell);
}

/** Prints a script that makes a shell complete both names of the program. */
export function printCompletionScript(shell: string): void {
  const { command, args } = ownProgram();
  tab.setup(PROGRAM, shellLine([command, ...args]), shell);
  process.stdout.write(`${ALIAS_LINES[shell]}\n`);
}
