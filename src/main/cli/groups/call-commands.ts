import type { Command } from 'commander';
import type { CallOptions } from '../commands/call.ts';
import type { ToolsOptions } from '../commands/tools.ts';
import { milliseconds, repeated } from '../flags/option-values.ts';
import { withVia } from '../flags/via-options.ts';
import { examples } from '../terminal/own-command.ts';
import { withSource } from '../with-source.ts';
import { addPinCommands } from './pin-commands.ts';

const ARGUMENTS = `
Arguments
  key=value       read as the tool's schema says: a string, a number, true or false, a,b,c for a list
  key:=JSON       any JSON value
  a.b=1  a[0]=1   within objects and lists; a repeated key is a list
  key=@file       the text of a file (@- is standard input); key=@@text begins with @
  '{"key":1}'     a JSON object; - reads it from standard input
  'tool(key: 1)'  the tool and its arguments as one call
`;

/** Adds the options for a server that the command line itself names. `program` is the command after `--`. */
export function withAdHoc(command: Command, program: readonly string[] | undefined): Command {
  command
    .option('--header <line>', `for an address: 'Name: value', where \${NAME} is a variable; may be repeated`, repeated)
    .option('--bearer-env <name>', 'for an address: variable with the bearer token');
  if (program !== undefined) command.setOptionValue('program', program);
  return command;
}

/** Adds the command `call`, and `tools` with its subcommands. `typedProgram` is the command after `--`. */
export function addCallCommands(
  program: Command,
  setExitCode: (code: number) => void,
  typedProgram: readonly string[] | undefined,
): void {
  const fresh = (name: string, description: string): Command =>
    withAdHoc(
      withSource(program.command(name).description(description).helpOption('-h, --help', 'this text')),
      typedProgram,
    );

  const tools = withVia(
    fresh('tools', 'list all tools, or show the tools of one connector with signatures and examples'),
  )
    .argument('[target...]', 'CONNECTOR, CONNECTOR.TOOL, or the address of a server; or -- and a command')
    .option('--connector <id>', 'the connector with this id, even if it is called diff, approve or digest')
    .addHelpText(
      'after',
      examples(
        'mcp-switchyard tools',
        'mcp-switchyard tools everything',
        'mcp-switchyard tools everything.echo --json',
        'mcp-switchyard tools https://mcp.example.com/mcp --bearer-env TOKEN',
        'mcp-switchyard tools -- npx -y @modelcontextprotocol/server-everything',
      ),
    )
    .action(async (words: readonly string[], options: ToolsOptions) => {
      const { runTools } = await import('../commands/tools.ts');
      setExitCode(await runTools(words, options));
    });
  addPinCommands(tools, setExitCode);

  withVia(fresh('call', 'call a tool'))
    .usage(
      '[options] CONNECTOR.TOOL [key=value...]\n' +
        '       call ADDRESS TOOL [key=value...]\n' +
        '       call TOOL [key=value...] -- COMMAND...',
    )
    .argument('<tool>', 'CONNECTOR.TOOL, or the address of a server, followed by the tool')
    .argument('[arguments...]', 'arguments of the tool')
    .option('--args <json>', 'a JSON object with arguments; @file or - reads it; may be repeated', repeated)
    .option('--save <dir>', 'write images, audio and files of the result into this folder; replaces nothing')
    .option('--call-timeout <ms>', 'timeout of the call itself; 60000 unless its connector sets another', milliseconds)
    .addHelpText(
      'after',
      ARGUMENTS +
        examples(
          'mcp-switchyard call everything.echo message=hi',
          'mcp-switchyard call everything.get-sum a=1 b=2 --json',
          'mcp-switchyard call \'everything.echo(message: "hi")\'',
          'echo \'{"message":"hi"}\' | mcp-switchyard call everything.echo -',
          'mcp-switchyard call https://mcp.example.com/mcp search query=railway --bearer-env TOKEN',
          'mcp-switchyard call echo message=hi -- npx -y @modelcontextprotocol/server-everything',
        ),
    )
    .action(async (tool: string, words: readonly string[], options: CallOptions) => {
      const { runCall } = await import('../commands/call.ts');
      setExitCode(await runCall([tool, ...words], options));
    });
}
