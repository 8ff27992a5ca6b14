import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { codeOf } from '../../shared/errors.ts';
import type { ConnectorProxyManager } from '../manager/connector-proxy-manager.ts';
import type { Logger } from '../observability/logger.ts';
import type {
  ConnectorProxyManagerOptions,
  ManagerOptions,
  ServerRegistryOption,
  SignedMapManagerOptions,
} from '../options/manager-options.ts';
import type { TlsOptions } from '../options/network-options.ts';
import { type DiscoveryOptions, withDiscovery } from './discovery/with-discovery.ts';
import { milliseconds, misuse, requiredVariable } from './flags/option-values.ts';
import { type TrustDefaults, type TrustOptions, trustChoice, withTrust } from './flags/trust-options.ts';
import { connectorsOf, DEFAULT_WAIT_MS, followStartUp, type StartUp } from './start-up.ts';
import { usableStateDir } from './state-folder.ts';
import { untilInterrupted } from './terminal/interrupt.ts';
import { printable, problemLogger, say } from './terminal/output.ts';
import { tellStarting } from './terminal/tell-starting.ts';

/** What every command that works from a service map or a local file is given. */
export interface SourceOptions extends DiscoveryOptions, TrustOptions {
  readonly serviceMap?: string;
  readonly config?: readonly string[];
  readonly registry: boolean;
  readonly registryPath?: string;
  readonly mapKeyEnv?: string;
  readonly connectorsKeyEnv: string;
  readonly stateDir?: string;
  /** False with `--no-state`. */
  readonly state?: boolean;
  readonly pinTools: 'off' | 'warn' | 'quarantine';
  readonly ca?: string;
  readonly cert?: string;
  readonly certKey?: string;
  readonly timeout: number;
  /** Without it, connectors are waited for as long as their first attempt may take. */
  readonly wait?: number;
  readonly json: boolean;
  readonly verbose: boolean;
}

/** The options of a manager with a map. */
type MapManagerOptions = ConnectorProxyManagerOptions | SignedMapManagerOptions;

const MAP_URL_VARIABLE = 'CONNECTORS_SERVICE_MAP_URL';

/** Adds the options of {@link SourceOptions} to a command. */
export function withSource(command: Command, defaults?: TrustDefaults): Command {
  return withTrust(withDiscovery(command, MAP_URL_VARIABLE), defaults)
    .option('--service-map <url>', `where the signed service map is; else the variable ${MAP_URL_VARIABLE}`)
    .option(
      '--config <file>',
      'configuration of an MCP client: its connectors beside the map, or alone; may be repeated, later ones win',
      (file: string, before?: readonly string[]) => [...(before ?? []), file],
    )
    .option('--registry', 'the registered servers beside those, or alone (`mcp-switchyard registry`)', false)
    .option('--registry-path <file>', 'the same, with the registry whose servers.json this is')
    .option('--map-key-env <name>', 'variable with the bearer token for the map, if it wants one')
    .option(
      '--connectors-key-env <name>',
      'variable with the key for connectors that ask for one',
      'CONNECTORS_API_KEY',
    )
    .option(
      '--state-dir <dir>',
      'folder that remembers the last verified map and the tools; $XDG_STATE_HOME/mcp-switchyard by default',
    )
    .option('--no-state', 'remember nothing')
    .addOption(
      new Option('--pin-tools <policy>', 'what to do about tools that are not what they were when first seen')
        .choices(['off', 'warn', 'quarantine'])
        .default('warn'),
    )
    .option('--ca <file>', 'PEM file of authorities to trust besides the usual ones')
    .option('--cert <file>', 'PEM file of a client certificate')
    .option('--cert-key <file>', 'PEM file of its key')
    .option('--timeout <ms>', 'for one request for the map', milliseconds, 5_000)
    .option('--wait <ms>', 'for connectors to come up, retries too; else until each was tried once', milliseconds)
    .option('--json', 'one JSON document on stdout and nothing else there', false)
    .option('--verbose', 'log lines as JSON on stderr', false);
}

/** The options of a manager for these; throws OPTIONS_INVALID naming the option or variable that is missing. */
export function managerOptions(options: SourceOptions): ManagerOptions {
  const configFile = configFiles(options);
  const serverRegistry = registryOption(options);
  const serviceMapUrl = options.serviceMap ?? process.env[MAP_URL_VARIABLE];
  if (serviceMapUrl !== undefined && serviceMapUrl !== '') return mapManagerOptions(options, serviceMapUrl);
  if (serverRegistry !== undefined) return { ...commonOptions(options), configFile, serverRegistry };
  if (configFile !== undefined) return { ...commonOptions(options), configFile };
  throw misuse(
    `There is nothing to connect: give --service-map URL (or set ${MAP_URL_VARIABLE}), ` +
      '--config FILE, --registry, or several of them',
  );
}

/** The same, for the map at `serviceMapUrl`. */
function mapManagerOptions(options: SourceOptions, serviceMapUrl: string): MapManagerOptions {
  const given = {
    ...commonOptions(options),
    serviceMapUrl,
    configFile: configFiles(options),
    serverRegistry: registryOption(options),
    apiKey: options.mapKeyEnv === undefined ? undefined : requiredVariable(options.mapKeyEnv, '--map-key-env'),
  };
  const { signatureKeys, signatureKey, ...trust } = trustChoice(options);
  if (signatureKeys !== undefined) return { ...given, ...trust, signatureKeys, signatureKey };
  return { ...given, ...trust, signatureKey: signatureKey ?? [] };
}

/** Files that were found, then those that `--config` names, which win; one alone as it is. */
function configFiles({ config, foundFiles = [] }: SourceOptions): string | readonly string[] | undefined {
  const files = [...foundFiles, ...[config ?? []].flat()];
  return files.length > 1 ? files : files[0];
}

function registryOption({ registry, registryPath }: SourceOptions): ServerRegistryOption | undefined {
  if (registryPath !== undefined) return { path: registryPath };
  return registry ? true : undefined;
}

function commonOptions(options: SourceOptions) {
  return {
    configDigests: options.configDigests,
    connectorsApiKey: process.env[options.connectorsKeyEnv],
    stateDir: usableStateDir(options),
    pinTools: options.pinTools,
    tls: tlsOptions(options),
    timeoutMs: options.timeout,
    logger: options.verbose ? stderrLogger : problemLogger,
    featureFlags: { asyncRefresh: false, refreshIntervalMs: 300_000 },
  } satisfies Partial<ConnectorProxyManagerOptions>;
}

/** What a command waits for, if not for all connectors. */
interface WaitingFor {
  /** How long a sync waits for connectors. */
  readonly syncDeadlineMs?: number;
  /** The connector that the command needs; undefined while that is not known. */
  readonly only?: (manager: ConnectorProxyManager) => string | undefined;
}

/**
 * Runs `work` with a manager that is closed afterwards, telling on stderr how connectors come up. Resolves with the
 * exit code of `work`, or with that of a signal.
 */
export async function withManager(
  options: SourceOptions,
  work: (manager: ConnectorProxyManager, startUp: StartUp) => Promise<number>,
  { syncDeadlineMs = options.wait ?? DEFAULT_WAIT_MS, only }: WaitingFor = {},
): Promise<number> {
  const interrupted = untilInterrupted();
  // Not before it is needed: `--help` loads this file too.
  const { ConnectorProxyManager } = await import('../manager/connector-proxy-manager.ts');
  await using manager = new ConnectorProxyManager({ ...managerOptions(options), syncDeadlineMs });
  const startUp = followStartUp(manager, options.wait);
  using _telling = tellStarting(() => connectorsOf(manager, only?.(manager)));
  manager.on('snapshot', () => {
    const { brand, connectorCount } = manager.status().serviceMap;
    say(`Service map of ${connectorCount} connectors (${printable(brand ?? '')}) is proven`);
  });
  manager.on('connector', ({ connectorId, to, why }) => {
    if (to !== 'connecting' && to !== 'closing') say(`  ${connectorId}: ${to} (${printable(why)})`);
  });
  // Awaited here: the manager is closed when this returns.
  return await Promise.race([work(manager, startUp), interrupted]);
}

/** The text of a file that an option names. */
function readNamed(path: string, option: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw misuse(`Cannot read the file ${path} of ${option} (${codeOf(error) ?? 'unknown'})`);
  }
}

/** The TLS options that the flags name. Throws OPTIONS_INVALID for a file that cannot be read. */
export function tlsOptions({ ca, cert, certKey }: SourceOptions): TlsOptions | undefined {
  if (ca === undefined && cert === undefined && certKey === undefined) return undefined;
  const read = (path: string | undefined, option: string): string | undefined =>
    path === undefined ? undefined : readNamed(path, option);
  return { ca: read(ca, '--ca'), cert: read(cert, '--cert'), key: read(certKey, '--cert-key') };
}

const lineAt =
  (level: string) =>
  (fields: object, message: string): void =>
    say(JSON.stringify({ level, message, ...fields, err: undefined }));

/** Log lines as JSON. */
export const stderrLogger: Logger = {
  debug: lineAt('debug'),
  info: lineAt('info'),
  warn: lineAt('warn'),
  error: lineAt('error'),
};
