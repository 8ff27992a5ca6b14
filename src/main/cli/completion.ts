import addTab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';
import { printCompletionScript } from './completion-script.ts';
import { examples } from './terminal/own-command.ts';

/** Adds the command `completion SHELL`, and the hidden command that the completion script of a shell calls. */
export function addCompletion(program: Command): void {
  addTab(program, { completionCommandName: 'completion' });
  program.commands
    .find((below) => below.name() === 'completion')
    ?.addHelpText(
      'after',
      examples('source <(mcp-switchyard completion bash)', 'mcp-switchyard completion zsh > ~/.mcp-switchyard.zsh'),
    )
    .action(printCompletionScript);
}
