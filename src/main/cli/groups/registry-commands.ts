import { type Command, InvalidArgumentError, Option } from 'commander';
import { EXPORT_FORMATS } from '../../registry/transfer/export-formats.ts';
import type { AddOptions } from '../commands/registry/add.ts';
import type { ExportOptions } from '../commands/registry/export.ts';
import type { ImportOptions } from '../commands/registry/import.ts';
import type { ShowingOptions } from '../commands/registry/list.ts';
import type { RegistryOptions } from '../commands/registry/open-registry.ts';
import { examples } from '../terminal/own-command.ts';

type Table = Readonly<Record<string, string>>;

const TRANSPORTS = ['stdio', 'http', 'streamableHttp', 'sse', 'ws'];

const SHOW_SECRETS = [
  '--show-secrets',
  'show the values of env and headers, and other values that look secret',
  false,
] as const;

/** Adds the command `registry` with its subcommands. */
export function addRegistryCommands(program: Command, setExitCode: (code: number) => void): void {
  const registry = program
    .command('registry')
    .description('the servers that are registered on this machine: list, change, import, export, check them')
    .helpOption('-h, --help', 'this text')
    .helpCommand(false)
    .addHelpText(
      'after',
      examples(
        'mcp-switchyard registry import ~/.cursor/mcp.json',
        'mcp-switchyard registry list',
        'mcp-switchyard tools --registry',
      ),
    );
  const fresh = (name: string, description: string): Command =>
    registry
      .command(name)
      .description(description)
      .helpOption('-h, --help', 'this text')
      .option('--registry-path <file>', 'path of servers.json; by default the path that `registry path` prints')
      .option('--json', 'one JSON document on stdout and nothing else there', false);

  fresh('list', 'list the servers, secrets masked')
    .option(...SHOW_SECRETS)
    .addHelpText('after', examples('mcp-switchyard registry list --json | jq .servers'))
    .action(async (options: ShowingOptions) => {
      const { runRegistryList } = await import('../commands/registry/list.ts');
      setExitCode(await runRegistryList(options));
    });

  fresh('show', 'show one server in full, and what prevents it from being brought up')
    .argument('<name>', 'name of the server, as `list` shows it')
    .option(...SHOW_SECRETS)
    .addHelpText(
      'after',
      examples('mcp-switchyard registry show files', 'mcp-switchyard registry show files --show-secrets'),
    )
    .action(async (name: string, options: ShowingOptions) => {
      const { runRegistryShow } = await import('../commands/registry/show.ts');
      setExitCode(await runRegistryShow(name, options));
    });

  fresh('add', 'register a server: a URL, or a command after --')
    .argument('<name>', 'the name of the server')
    .argument('[target...]', 'URL of the server, or -- and the command that runs it')
    .addOption(
      new Option('--transport <transport>', 'stdio for a command, streamableHttp for a URL unless given').choices(
        TRANSPORTS,
      ),
    )
    .option('--endpoint <url>', 'the URL; the same as giving it after the name')
    .option('--header <line>', "a header for the URL, 'NAME: VALUE'; may be repeated", header)
    .option('--env <pair>', 'a variable for the command, NAME=VALUE; may be repeated', variable)
    .option('--cwd <dir>', 'the folder to run the command in')
    .option('--client-id <id>', 'id of a client for logins that you registered by hand; seldom needed')
    .option('--client-secret-env <name>', 'the variable with the secret of that client')
    .option('--scope <scopes>', 'the scopes that a login requests, in one string, instead of the scopes of the server')
    .option('--replace', 'replace a server of this name', false)
    .option('--force', 'the same as --replace', false)
    .addHelpText(
      'after',
      `${examples(
        'mcp-switchyard registry add files -- npx -y @modelcontextprotocol/server-filesystem /data',
        'mcp-switchyard registry add search https://search.example.com/mcp ' +
          `--header 'Authorization: Bearer \${SEARCH_TOKEN}'`,
      )}
Variables such as \${NAME} are stored by name and looked up when the server is brought up, so that the registry needs no
secrets.
`,
    )
    .action(async (name: string, target: string[], options: AddOptions & { force: boolean }) => {
      const { runRegistryAdd } = await import('../commands/registry/add.ts');
      setExitCode(await runRegistryAdd(name, target, { ...options, replace: options.replace || options.force }));
    });

  fresh('remove', 'remove servers; exit code 1 if one did not exist')
    .argument('<names...>', 'names of the servers, as `list` shows them')
    .addHelpText('after', examples('mcp-switchyard registry remove files search'))
    .action(async (names: string[], options: RegistryOptions) => {
      const { runRegistryRemove } = await import('../commands/registry/remove.ts');
      setExitCode(await runRegistryRemove(names, options));
    });

  fresh('import', 'register the servers of a file of Claude, Cursor or VS Code, or of an exported one')
    .argument('<file>', 'the file, comments allowed; - reads stdin')
    .option('--replace', 'replace servers that have the same name and other settings', false)
    .option('--force', 'the same as --replace', false)
    .option('--dry-run', 'only report what would be done', false)
    .addHelpText(
      'after',
      examples(
        'mcp-switchyard registry import ~/.cursor/mcp.json --dry-run',
        'mcp-switchyard registry import .vscode/mcp.json',
        'curl -s https://example.com/mcp.json | mcp-switchyard registry import -',
      ),
    )
    .action(async (file: string, options: ImportOptions & { force: boolean }) => {
      const { runRegistryImport } = await import('../commands/registry/import.ts');
      setExitCode(await runRegistryImport(file, { ...options, replace: options.replace || options.force }));
    });

  fresh('export', 'print the servers as the file of a client, with secrets masked; or write that file with its secrets')
    .argument('[file]', 'file to write, readable only by you; stdout by default')
    .addOption(
      new Option('--format <format>', 'format of the file: `servers` is the registry’s own')
        .choices(EXPORT_FORMATS)
        .default('claude'),
    )
    .option(
      '--into <file>',
      'add the servers to this file of the client, which keeps everything else; created if missing',
    )
    .option('--force', 'replace an existing file; with --into: servers of the same name that differ', false)
    .option(...SHOW_SECRETS)
    .addHelpText(
      'after',
      examples(
        'mcp-switchyard registry export --format vscode',
        'mcp-switchyard registry export --format gemini --into ~/.gemini/settings.json',
        'mcp-switchyard registry export backup.json --format servers',
      ),
    )
    .action(async (file: string | undefined, options: ExportOptions) => {
      const { runRegistryExport } = await import('../commands/registry/export.ts');
      setExitCode(await runRegistryExport(file, options));
    });

  fresh('verify', 'check every checksum, the file, and that store and file agree; changes nothing')
    .addHelpText(
      'after',
      examples('mcp-switchyard registry verify', 'mcp-switchyard registry verify --json | jq .findings'),
    )
    .action(async (options: RegistryOptions) => {
      const { runRegistryVerify } = await import('../commands/registry/verify.ts');
      setExitCode(await runRegistryVerify(options));
    });

  fresh('repair', 'rebuild damaged parts from store and file, and report what cannot be repaired')
    .addHelpText('after', examples('mcp-switchyard registry repair'))
    .action(async (options: RegistryOptions) => {
      const { runRegistryRepair } = await import('../commands/registry/repair.ts');
      setExitCode(await runRegistryRepair(options));
    });

  fresh('path', 'print where the registry is')
    .addHelpText('after', examples('cat "$(mcp-switchyard registry path)"'))
    .action(async (options: RegistryOptions) => {
      const { runRegistryPath } = await import('../commands/registry/path.ts');
      setExitCode(await runRegistryPath(options));
    });
}

function header(line: string, known: Table = {}): Table {
  const [, name, value] = /^([^:]+?)\s*:\s*(.*)$/s.exec(line) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError("Give it as 'NAME: VALUE'.");
  return { ...known, [name]: value };
}

function variable(pair: string, known: Table = {}): Table {
  const equals = pair.indexOf('=');
  if (equals < 1) throw new InvalidArgumentError('Give the variable as NAME=VALUE.');
  return { ...known, [pair.slice(0, equals)]: pair.slice(equals + 1) };
}
