import type { Command } from 'commander';
import type { ReadOptions } from '../commands/features/read.ts';
import type { FeatureOptions } from '../commands/features/with-features.ts';
import { examples } from '../terminal/own-command.ts';
import { withSource } from '../with-source.ts';
import { withAdHoc } from './call-commands.ts';

/** Adds the commands `resources`, `read` and `prompts`. `typedProgram` is the command after `--`. */
export function addFeatureCommands(
  program: Command,
  setExitCode: (code: number) => void,
  typedProgram: readonly string[] | undefined,
): void {
  const fresh = (name: string, description: string, parent = program): Command =>
    withAdHoc(
      withSource(parent.command(name).description(description).helpOption('-h, --help', 'this text')),
      typedProgram,
    );

  fresh('resources', 'list the resources and resource templates of one or all connectors')
    .argument('[connector]', 'id of the connector, or address of a server; or -- and a command')
    .addHelpText('after', examples('mcp-switchyard resources', 'mcp-switchyard resources everything --json'))
    .action(async (connector: string | undefined, options: FeatureOptions) => {
      const { runResources } = await import('../commands/features/resources.ts');
      setExitCode(await runResources(connector === undefined ? [] : [connector], options));
    });

  fresh('read', 'print a resource; content that is not text goes into a folder or a pipe')
    .argument('<resource>', 'URI of the resource, or the connector (or the address of a server) that has it')
    .argument('[uri]', 'URI of the resource, after a connector or an address')
    .option('--save <dir>', 'write content that is not text into this folder; replaces nothing')
    .addHelpText(
      'after',
      examples(
        'mcp-switchyard read everything demo://resource/static/document/features.md',
        'mcp-switchyard read demo://resource/static/document/features.md > features.md',
      ),
    )
    .action(async (resource: string, uri: string | undefined, options: ReadOptions) => {
      const { runRead } = await import('../commands/features/read.ts');
      setExitCode(await runRead(uri === undefined ? [resource] : [resource, uri], options));
    });

  const prompts = fresh('prompts', 'list the prompts of one or all connectors; get prints the messages of one prompt')
    .argument('[connector]', 'id of the connector, or address of a server; or -- and a command')
    .option('--connector <id>', 'the connector with this id, even if it is called get')
    .addHelpText('after', examples('mcp-switchyard prompts', 'mcp-switchyard prompts everything --json'))
    .action(async (connector: string | undefined, options: FeatureOptions) => {
      const { runPrompts } = await import('../commands/features/prompts.ts');
      setExitCode(await runPrompts(connector === undefined ? [] : [connector], options));
    });
  prompts.enablePositionalOptions();

  fresh('get', 'print the messages of a prompt', prompts)
    .argument('<prompt>', 'CONNECTOR.PROMPT, or the address of a server, followed by the prompt')
    .argument('[arguments...]', 'key=value')
    .addHelpText('after', examples('mcp-switchyard prompts get everything.args-prompt city=Bern'))
    .action(async (prompt: string, words: readonly string[], options: FeatureOptions) => {
      const { runPromptsGet } = await import('../commands/features/prompts.ts');
      setExitCode(await runPromptsGet([prompt, ...words], options));
    });
}
