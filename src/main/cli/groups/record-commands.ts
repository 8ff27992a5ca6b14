import type { Command } from 'commander';
import type { RecordOptions } from '../commands/record/record.ts';
import type { ReplayOptions } from '../commands/replay/replay.ts';
import { examples } from '../terminal/own-command.ts';

/** Adds the commands `record` and `replay`. */
export function addRecordCommands(program: Command, setExitCode: (code: number) => void): void {
  const fresh = (name: string, description: string): Command =>
    program.command(name).description(description).helpOption('-h, --help', 'this text');

  fresh('record', 'relay between a client and one server, and record the messages, without secrets')
    .argument('<file>', 'the recording; an existing file is replaced')
    .argument('<server...>', 'URL of the server, or -- and the command that starts it')
    .option('--append', 'add to the recording', false)
    .option('--token-env <name>', 'variable with the bearer token for the URL')
    .addHelpText(
      'after',
      examples(
        'mcp-switchyard record calls.jsonl -- npx -y @modelcontextprotocol/server-everything',
        'mcp-switchyard record calls.jsonl https://mcp.example.com/mcp',
      ),
    )
    .action(async (file: string, server: readonly string[], options: RecordOptions) => {
      const { runRecord } = await import('../commands/record/record.ts');
      setExitCode(await runRecord(file, server, options));
    });

  fresh('replay', 'a stdio server that answers from a recording')
    .argument('<file>', 'what `record` or `serve --record` wrote')
    .option('--connector <id>', 'only this connector of the recording, as a single server')
    .option('--lenient', 'answer unrecorded arguments from the nearest recorded ones', false)
    .addHelpText(
      'after',
      examples('mcp-switchyard replay calls.jsonl', 'mcp-switchyard replay calls.jsonl --connector github --lenient'),
    )
    .action(async (file: string, options: ReplayOptions) => {
      const { runReplay } = await import('../commands/replay/replay.ts');
      setExitCode(await runReplay(file, options));
    });
}
