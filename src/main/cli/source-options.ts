import { join } from 'node:path';
import { systemClock } from '../../shared/clock.ts';
import { SwitchyardError } from '../../shared/errors.ts';
import type { ConnectorProxyManager } from '../manager/connector-proxy-manager.ts';
import type { Logger } from '../observability/logger.ts';
import type {
  ConnectorProxyManagerOptions,
  GivenServer,
  ManagerOptions,
  ServerRegistryOption,
  SignedMapManagerOptions,
} from '../options/manager-options.ts';
import type { DiscoveryOptions } from './discovery/with-discovery.ts';
import { type FleetFlags, fleetChoice } from './flags/fleet-options.ts';
import { misuse, requiredVariable } from './flags/option-values.ts';
import { type TlsFlags, tlsOptions } from './flags/tls-options.ts';
import { type TrustOptions, trustChoice } from './flags/trust-options.ts';
import { connectorsOf, DEFAULT_WAIT_MS, followStartUp, type StartUp } from './start-up.ts';
import { usableStateDir } from './state-folder.ts';
import { untilInterrupted } from './terminal/interrupt.ts';
import { counted, printable, problemLogger, say } from './terminal/output.ts';
import { withOwnCommand, withoutLoginCommand } from './terminal/own-command.ts';
import { tellStarting } from './terminal/tell-starting.ts';
import { MAP_URL_VARIABLE } from './with-source.ts';

/** Options that all commands with connectors share. */
export interface SourceOptions extends DiscoveryOptions, TrustOptions, FleetFlags, TlsFlags {
  readonly serviceMap?: string;
  readonly config?: readonly string[];
  readonly registry: boolean;
  readonly registryPath?: string;
  readonly mapKeyEnv?: string;
  readonly connectorsKeyEnv: string;
  readonly stateDir?: string;
  /** Whether to use a state folder: false with `--no-state`. */
  readonly state?: boolean;
  readonly pinTools: 'off' | 'warn' | 'quarantine';
  readonly timeout: number;
  readonly clientMetadataUrl?: string;
  /** Names of the environment variables that a map may use. By default, a map may use none. */
  readonly allowEnv?: readonly string[];
  /**
   * How long to wait until connectors are up, in milliseconds. By default, the command waits until each connector has
   * tried once to connect.
   */
  readonly wait?: number;
  readonly json: boolean;
  readonly verbose: boolean;
  /** A server that the command line itself names. If it is set, no source is read, and only this server is started. */
  readonly adHoc?: GivenServer;
}

/** Manager options for a map that is signed with an HMAC or with public keys. */
type MapManagerOptions = ConnectorProxyManagerOptions | SignedMapManagerOptions;

/**
 * Converts the options of a command to manager options. Throws OPTIONS_INVALID, naming the option or variable, if
 * something is missing.
 */
export function managerOptions(options: SourceOptions): ManagerOptions {
  if (options.adHoc !== undefined) return adHocOptions(options, options.adHoc);
  const configFile = configFiles(options);
  const serverRegistry = registryOption(options);
  const serviceMapUrl = mapUrlOf(options);
  if (serviceMapUrl !== undefined) return mapManagerOptions(options, serviceMapUrl);
  if (serverRegistry !== undefined) return { ...commonOptions(options), configFile, serverRegistry };
  if (configFile !== undefined) return { ...commonOptions(options), configFile };
  throw misuse(
    `There is nothing to connect: give --service-map URL (or set ${MAP_URL_VARIABLE}), ` +
      '--config FILE, --registry, or several of them',
  );
}

/**
 * Returns manager options for a server that the command line itself names. Its logins are stored in a separate folder,
 * because its generated id may be the same as the id of another connector. Its tools are not compared with pins.
 */
function adHocOptions(options: SourceOptions, server: GivenServer): ManagerOptions {
  const stateDir = server.program === undefined ? usableStateDir(options) : undefined;
  return {
    ...commonOptions({ ...options, state: false }),
    stateDir: stateDir === undefined ? undefined : join(stateDir, 'ad-hoc'),
    pinTools: 'off',
    givenServers: [server],
  };
}

/** Returns the URL of the map; undefined if there is no map. */
export function mapUrlOf({ serviceMap }: SourceOptions): string | undefined {
  return (serviceMap ?? process.env[MAP_URL_VARIABLE]) || undefined;
}

/** Returns manager options for the map at `serviceMapUrl`, and for any files and registry used with it. */
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

/**
 * Returns the configuration files to use. The files of `--config` are last, because the last definition of a server
 * takes precedence.
 */
export function configFilesOf({ config, foundFiles = [] }: SourceOptions): readonly string[] {
  return [...foundFiles, ...[config ?? []].flat()];
}

/** Returns the value of the manager option `configFile`: a string for one file, an array for several files. */
function configFiles(options: SourceOptions): string | readonly string[] | undefined {
  const files = configFilesOf(options);
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
    clientMetadataUrl: options.clientMetadataUrl,
    allowEnv: options.allowEnv,
    fleet: fleetChoice(options),
    logger: options.verbose ? stderrLogger : problemLogger,
    featureFlags: { asyncRefresh: false, refreshIntervalMs: 300_000 },
  } satisfies Partial<ConnectorProxyManagerOptions>;
}

/** Settings that limit which connectors a command starts and waits for. */
export interface WaitingFor {
  /** How long `manager.sync()` waits until connectors are up, in milliseconds. */
  readonly syncDeadlineMs?: number;
  /**
   * Returns the id of the only connector that the command needs; undefined if the command needs all connectors, or does
   * not know the id yet.
   */
  readonly only?: (manager: ConnectorProxyManager) => string | undefined;
  /** With `on-demand`, a connector starts only when the command needs it, and its changes of state are not printed. */
  readonly connect?: 'all' | 'on-demand';
}

/** The work of a command with a manager. `ended` aborts when the command ends. Resolves with the exit code. */
type ManagerWork = (manager: ConnectorProxyManager, startUp: StartUp, ended: AbortSignal) => Promise<number>;

/**
 * Creates a manager, runs `work` with it, and closes it. Prints on stderr how the connectors start. Resolves with the
 * exit code of `work` or, if a signal arrives first, with the exit code for that signal. In both cases `ended` aborts,
 * so that `work` can release its resources.
 */
export async function withManager(
  options: SourceOptions,
  work: ManagerWork,
  { syncDeadlineMs = options.wait ?? DEFAULT_WAIT_MS, only, connect = 'all' }: WaitingFor = {},
): Promise<number> {
  const interrupted = untilInterrupted();
  // The manager is imported here and not at the top, because this file is also loaded for `--help`, which must be fast.
  const { ConnectorProxyManager } = await import('../manager/connector-proxy-manager.ts');
  await using manager = new ConnectorProxyManager({ ...managerOptions(options), syncDeadlineMs, connect });
  const startUp = followStartUp(manager, options.wait);
  if (connect === 'all') tellStartUp(manager);
  using _telling = tellStarting(() => connectorsOf(manager, only?.(manager)));
  const ending = new AbortController();
  try {
    // `await` is necessary here: without it, the manager would be closed before the work has ended.
    return await Promise.race([work(manager, startUp, ending.signal), interrupted]);
  } finally {
    ending.abort(new SwitchyardError('CLOSED', 'The command has ended.'));
  }
}

/** Prints to stderr which maps were verified, and how the states of connectors change. */
function tellStartUp(manager: ConnectorProxyManager): void {
  manager.on('snapshot', () => {
    const { brand, connectorCount } = manager.status().serviceMap;
    say(`Service map of ${counted(connectorCount, 'connector')} (${printable(brand ?? '')}) is verified`);
  });
  manager.on('connector', ({ connectorId, to, why }) => {
    // How to log in is left out here, because the last line that the command prints explains it.
    const reason = to === 'needs-login' ? withoutLoginCommand(why) : withOwnCommand(why);
    if (to !== 'connecting' && to !== 'closing') say(`  ${connectorId}: ${to} (${printable(reason)})`);
  });
}

const lineAt =
  (level: string) =>
  (fields: object, message: string): void =>
    say(JSON.stringify({ time: new Date(systemClock.now()).toISOString(), level, message, ...fields, err: undefined }));

/** Writes log lines as JSON to stderr. */
export const stderrLogger: Logger = {
  debug: lineAt('debug'),
  info: lineAt('info'),
  warn: lineAt('warn'),
  error: lineAt('error'),
};
