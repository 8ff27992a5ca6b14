import { Command, Help, type Option } from 'commander';
import { PACKAGE_VERSION } from '../../shared/package-version.ts';
import { addCompletion } from './completion.ts';
import type { EarlyClient } from './first-answers/first-client.ts';
import { wholeNumber } from './flags/option-values.ts';
import { addAuthCommands } from './groups/auth-commands.ts';
import { addCallCommands } from './groups/call-commands.ts';
import { addConfig } from './groups/config-command.ts';
import { addFeatureCommands } from './groups/feature-commands.ts';
import { addFleetCommands } from './groups/fleet-commands.ts';
import { addGenerateCommands } from './groups/generate-commands.ts';
import { addKeysCommands } from './groups/keys-commands.ts';
import { addMapCommands } from './groups/map-commands.ts';
import { addRecordCommands } from './groups/record-commands.ts';
import { addRegistryCommands } from './groups/registry-commands.ts';
import { addStateCommands } from './groups/state-commands.ts';
import { type ServeOptions, withServe } from './serve-options.ts';
import type { SourceOptions } from './source-options.ts';
import { examples, PROGRAM } from './terminal/own-command.ts';
import { rememberSource } from './terminal/source-words.ts';
import { withSource } from './with-source.ts';

/** Called with the exit code of the command that has run. */
export type SetExitCode = (code: number) => void;

/** Facts about a command line, in addition to its options. */
interface Given {
  /** A client of `serve --stdio` that was answered before this program was loaded. */
  readonly early?: EarlyClient | null;
  /** Name of the command that runs. For a command that must start fast, no other command is created. */
  readonly only?: string | undefined;
  /** The command and arguments after `--`, which `cutProgram` has removed from the command line. */
  readonly typedProgram?: readonly string[] | undefined;
}

const EXIT_CODES = `
Exit codes
  0    all went well
  1    something failed; stderr says what and what to do
  2    the command line is wrong, or a variable that it names is not set
  3    call: the tool ran and failed
  130  interrupted (143: terminated) before the result was available

Variables
  CONNECTORS_SERVICE_MAP_URL  the URL of the map, unless --service-map is given
  CONNECTORS_SIGNATURE_KEY    the HMAC key of the map, unless --key-env or --keys is given
  CONNECTORS_API_KEY          the key for connectors that need one
  SWITCHYARD_FLEET_PASSWORD   the password for the server that --fleet names
  HTTP_PROXY, HTTPS_PROXY, NO_PROXY   proxies
  NO_COLOR                    no colours
`;

/**
 * Copies the option `--json` from the parents of a command, so that `tools --json diff` has the same effect as `tools
 * diff --json`.
 */
function takeJsonOfGroups(running: Command): void {
  for (let above = running.parent; above !== null; above = above.parent)
    if (above.getOptionValue('json') === true) running.setOptionValue('json', true);
}

/** Describes an option in help text. Omits a default value that is empty or that switches the option off. */
function describeOption(option: Option): string {
  return new Help().optionDescription(option).replace(/ \(default: (?:false|\[\])\)$/, '');
}

/**
 * Creates the program with all its commands, options and help. The code of a command is loaded only when the command
 * runs, so `--help` is fast.
 */
export function createProgram(
  setExitCode: SetExitCode,
  { early = null, typedProgram, only = '' }: Given = {},
): Command {
  const program = new Command(PROGRAM)
    .description('The connector manager for MCP hosts that never blocks your event loop')
    .version(PACKAGE_VERSION, '--version', 'the version')
    .helpOption('-h, --help', 'this text')
    .helpCommand(false)
    .configureHelp({ optionDescription: describeOption })
    .showSuggestionAfterError()
    // Some options occur in a command and in its subcommands. With this setting, an option belongs to the command that
    // it follows.
    .enablePositionalOptions()
    .hook('preAction', (_, running) => {
      rememberSource(running);
      takeJsonOfGroups(running);
    })
    .addHelpText(
      'after',
      examples(
        'mcp-switchyard demo',
        'mcp-switchyard serve --config .mcp.json',
        'mcp-switchyard sync --service-map https://maps.example.com/v1/connectors/service-map',
        'mcp-switchyard call everything.echo message=hi --json',
        'mcp-switchyard doctor',
      ) + EXIT_CODES,
    );

  const fresh = (name: string, description: string): Command =>
    program.command(name).description(description).helpOption('-h, --help', 'this text');

  const addCalls = (): void => addCallCommands(program, setExitCode, typedProgram);
  const addServe = (): void =>
    void withServe(fresh('serve', 'one MCP endpoint in front of all connectors, over HTTP or standard streams')).action(
      async (options: ServeOptions) => {
        const { runServe } = await import('./commands/serve.ts');
        setExitCode(await runServe(options, early));
      },
    );
  const alone = { call: addCalls, tools: addCalls, serve: addServe }[only];
  if (alone !== undefined) {
    alone();
    return program;
  }

  withSource(fresh('sync', 'fetch and verify the map, bring its connectors up, and report each one'))
    .addHelpText(
      'after',
      examples('mcp-switchyard sync --service-map https://maps.example.com/map --json | jq .toolCount'),
    )
    .action(async (options: SourceOptions) => {
      const { runSync } = await import('./commands/sync.ts');
      setExitCode(await runSync(options));
    });

  addCalls();
  addFeatureCommands(program, setExitCode, typedProgram);

  withSource(fresh('status', 'show map, store and connectors in full'))
    .addHelpText('after', examples('mcp-switchyard status --state-dir ~/.local/state/switchyard'))
    .action(async (options: SourceOptions) => {
      const { runStatus } = await import('./commands/status.ts');
      setExitCode(await runStatus(options));
    });

  addServe();

  fresh('discover', 'list what the clients of this machine have configured; starts nothing')
    .option('--json', 'one JSON document on stdout and nothing else there', false)
    .addHelpText('after', examples('mcp-switchyard discover', 'mcp-switchyard tools --from claude,cursor'))
    .action(async (options) => {
      const { runDiscover } = await import('./discovery/discover.ts');
      setExitCode(await runDiscover(options));
    });

  addConfig(fresh('config', 'print the configuration with which a client uses this gateway'), setExitCode);

  addAuthCommands(program, setExitCode);
  addRegistryCommands(program, setExitCode);

  addMapCommands(program, setExitCode);
  addKeysCommands(program, setExitCode);
  addStateCommands(program, setExitCode);
  addFleetCommands(program, setExitCode);
  addGenerateCommands(program, setExitCode);
  addRecordCommands(program, setExitCode);

  withSource(fresh('doctor', 'check node, threads, disk, clock, proxy, map and connectors: what works and what to do'))
    .addHelpText(
      'after',
      examples(
        'mcp-switchyard doctor',
        'mcp-switchyard doctor --service-map https://maps.example.com/map --state-dir ./state',
      ),
    )
    .action(async (options: SourceOptions) => {
      const { runDoctor } = await import('./commands/doctor.ts');
      setExitCode(await runDoctor(options));
    });

  fresh('bench', 'compare this package with a plain implementation on this machine, and write a report')
    .option('--entries <n>', 'entries of the service map', wholeNumber, 10_000)
    .option('--rounds <n>', 'number of processes for each way of loading the map', wholeNumber, 5)
    .option('--seconds <n>', 'how long each process calls tools', wholeNumber, 10)
    .option('--out <file>', 'the file of the report', 'switchyard-bench.html')
    .option('--json', 'print one JSON document on stdout and nothing else there', false)
    .addHelpText(
      'after',
      examples('mcp-switchyard bench', 'mcp-switchyard bench --entries 1000 --rounds 1 --seconds 3 --json'),
    )
    .action(async (options) => {
      const { runBench } = await import('./commands/bench.ts');
      setExitCode(await runBench(options));
    });

  fresh('demo', 'start real MCP servers, sign a map of them, bring them up from it and call their tools')
    .option('--once', 'end after the first round; exit 0 only if all went well', false)
    .option('--json', 'print one JSON document on stdout and nothing else there; implies --once', false)
    .addHelpText('after', examples('mcp-switchyard demo', 'mcp-switchyard demo --once --json'))
    .action(async ({ once, json }: { once: boolean; json: boolean }) => {
      const { runDemo } = await import('./demo/demo.ts');
      setExitCode(await runDemo({ once: once || json, json }));
    });

  addCompletion(program);
  return program;
}
