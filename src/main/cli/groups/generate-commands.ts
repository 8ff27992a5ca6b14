import type { Command } from 'commander';
import type { GenerateTypesOptions } from '../commands/generate/types.ts';
import { examples } from '../terminal/own-command.ts';
import { withSource } from '../with-source.ts';

/** Adds the command `generate` with its subcommands. */
export function addGenerateCommands(program: Command, setExitCode: (code: number) => void): void {
  const generate = program
    .command('generate')
    .description('write code for the tools of all connectors')
    .helpOption('-h, --help', 'this text')
    .helpCommand(false)
    .addHelpText('after', examples('mcp-switchyard generate types --config .mcp.json --out mcp-tools.ts'));

  const types = generate.command('types').description('write TypeScript types and a typed client for all tools');
  withSource(types.helpOption('-h, --help', 'this text'))
    .option('--out <file>', 'the file to write; stdout by default')
    .option('--check', 'write nothing: exit 1 and show what differs if the file of --out is not current', false)
    .addHelpText(
      'after',
      examples(
        'mcp-switchyard generate types --config .mcp.json --out mcp-tools.ts',
        'mcp-switchyard generate types --config .mcp.json --out mcp-tools.ts --check',
      ),
    )
    .action(async (options: GenerateTypesOptions) => {
      const { runGenerateTypes } = await import('../commands/generate/types.ts');
      setExitCode(await runGenerateTypes(options));
    });
}
