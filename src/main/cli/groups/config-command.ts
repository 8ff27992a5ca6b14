import { type Command, InvalidArgumentError, Option } from 'commander';
import { DEFAULT_PORT } from '../../gateway/http/limits.ts';
import { SNIPPET_CLIENTS } from '../commands/config/snippet-clients.ts';
import type { ConfigOptions } from '../commands/config.ts';
import { examples } from '../terminal/own-command.ts';

/** Adds the arguments, the options and the action of `mcp-switchyard config`. */
export function addConfig(command: Command, setExitCode: (code: number) => void): void {
  command
    .argument('<client>', SNIPPET_CLIENTS.join(', '))
    .argument('[serve-arguments...]', 'with --stdio, after --: the arguments of `serve`')
    .option('--url <url>', 'where the gateway listens', `http://127.0.0.1:${DEFAULT_PORT}/mcp`)
    .option('--name <name>', 'the name of the gateway in the client', serverName, 'switchyard')
    .option('--token-env <name>', 'variable with the bearer token, to be read by the client')
    .addOption(
      new Option('--stdio', 'let the client start its own gateway over standard streams')
        .default(false)
        .conflicts(['url', 'tokenEnv']),
    )
    .option('--into <file>', 'add it to this file of the client, which keeps everything else; created if missing')
    .option('--force', 'with --into: replace another server of the same name', false)
    .option('--json', 'one JSON document on stdout: files, command and snippet', false)
    .addHelpText(
      'after',
      examples(
        'mcp-switchyard config claude',
        'mcp-switchyard config gemini --into .gemini/settings.json',
        'mcp-switchyard config cursor --url https://mcp.example.com/mcp --token-env GATEWAY_TOKEN',
        'mcp-switchyard config claude --stdio -- --config ~/servers.json --tools "github__*"',
      ),
    )
    .action(async (client: string, serveArgs: readonly string[], options: ConfigOptions) => {
      const { runConfig } = await import('../commands/config.ts');
      setExitCode(await runConfig(client, serveArgs, options));
    });
}

/**
 * Parses the name of a server. Accepts only names that Claude Code accepts, because all other clients accept these
 * names too.
 */
function serverName(text: string): string {
  if (/^[A-Za-z0-9_-]{1,64}$/.test(text)) return text;
  throw new InvalidArgumentError('Give 1 to 64 of the characters A-Z a-z 0-9 _ -');
}
