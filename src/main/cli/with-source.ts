import { type Command, Option } from 'commander';
import { withDiscovery } from './discovery/with-discovery.ts';
import { withFleet } from './flags/fleet-options.ts';
import { milliseconds, repeated } from './flags/option-values.ts';
import { type TrustDefaults, withTrust } from './flags/trust-options.ts';

/** The environment variable with the URL of the service map, if `--service-map` is not given. */
export const MAP_URL_VARIABLE = 'CONNECTORS_SERVICE_MAP_URL';

/**
 * Adds the options of `SourceOptions` to a command. The help shows them in groups, after the command's own
 * options.
 */
export function withSource(command: Command, defaults?: TrustDefaults): Command {
  command
    .option('--json', 'one JSON document on stdout and nothing else there', false)
    .option('--verbose', 'log lines as JSON on stderr', false)
    .option(
      '--wait <ms>',
      'how long to wait for connectors, with retries; by default until each was tried once',
      milliseconds,
    )
    .optionsGroup('Where the connectors come from:')
    .option(
      '--config <file>',
      'configuration file of an MCP client, in addition to a map or alone; may be repeated, later files win',
      (file: string, before?: readonly string[]) => [...(before ?? []), file],
    );
  withDiscovery(command, MAP_URL_VARIABLE)
    .option('--registry', 'the registered servers, in addition or alone (`mcp-switchyard registry`)', false)
    .option('--registry-path <file>', 'like --registry, for the registry with this servers.json')
    .option('--service-map <url>', `URL of the signed service map; else the variable ${MAP_URL_VARIABLE}`)
    .optionsGroup('Keys and logins of connectors:')
    .option('--connectors-key-env <name>', 'variable with the key for connectors that need one', 'CONNECTORS_API_KEY')
    .option('--client-metadata-url <url>', "https address of this host's client metadata document, for logins (CIMD)")
    .option('--allow-env <name>', 'variable that a map may name as the secret of a login; may be repeated', repeated)
    .optionsGroup('Stored state:')
    .option(
      '--state-dir <dir>',
      'folder that stores the last verified map and the tools; $XDG_STATE_HOME/mcp-switchyard by default',
    )
    .option('--no-state', 'store nothing')
    .addOption(
      new Option('--pin-tools <policy>', 'what to do about tools that have changed since they were first seen')
        .choices(['off', 'warn', 'quarantine'])
        .default('warn'),
    )
    .optionsGroup('Network:')
    .option('--timeout <ms>', 'timeout of one request for the map', milliseconds, 5_000)
    .option('--ca <file>', 'PEM file of authorities to trust in addition to the default ones')
    .option('--cert <file>', 'PEM file of a client certificate')
    .option('--cert-key <file>', 'PEM file of the key of --cert')
    .optionsGroup('Service map:')
    .option('--map-key-env <name>', 'variable with the bearer token for the map, if it needs one');
  withTrust(command, defaults).optionsGroup('Fleet:');
  return withFleet(command).optionsGroup('Options:');
}
