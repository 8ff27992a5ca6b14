import type { Dispatcher } from 'undici';
import {
  type Clock,
  monotonicMs,
  type Random,
  type Sleep,
  systemClock,
  systemRandom,
  systemSleep,
} from '../../shared/clock.ts';
import type { FetchMap } from '../../shared/load/acquire.ts';
import type { NetworkSettings } from '../../shared/net/network.ts';
import { assertCompatibleAgent } from '../http/agent-check.ts';
import { type HostSide, TOOLS_ONLY } from '../mcp/host-side.ts';
import { limitLogs } from '../observability/log-limit.ts';
import { type Logger, silentLogger } from '../observability/logger.ts';
import { type ConnectorFeatureFlags, parseConnectorFeatureFlags } from './feature-flags.ts';
import { type ResolvedFleet, resolveFleet } from './fleet-options.ts';
import type { ConnectorOAuth, CreateProxy, ToolRegistry } from './host-interfaces.ts';
import type { GivenServer, ManagerOptions, ServerRegistryOption } from './manager-options.ts';
import { type MapOptions, placedSources, resolveMaps } from './map-options.ts';
import { resolveNetwork } from './network-options.ts';
import type { PinPolicy } from './option-checks.ts';
import { checkOptions, type Limits } from './option-checks.ts';
import { type Compat, registryPath } from './registry-path.ts';
import { askForHeader } from './secrets.ts';
import { assertTrustable } from './trust/trust-checks.ts';
import { warnOfIgnored } from './warn-of-ignored.ts';

/** {@link ConnectorProxyManagerOptions} with all defaults filled in. */
export interface ResolvedOptions {
  /** The service maps, in order of precedence. */
  readonly maps: readonly MapOptions[];
  /** Empty without a local file. If several files have the same id, the last file wins. */
  readonly configFiles: readonly string[];
  /** The digest that a file must have, by its path. The content of files that are not listed is not checked. */
  readonly configDigests: ReadonlyMap<string, string>;
  /** Path of the `servers.json` of a registry. */
  readonly serverRegistry: string | null;
  readonly givenServers: readonly GivenServer[];
  /** For the connectors of `serviceMapUrl` and of local files; each source of `sources` has its own. */
  readonly connectorsApiKey: () => Promise<string | null>;
  readonly registry: ToolRegistry | null;
  readonly logger: Logger;
  readonly fetchMap: FetchMap | null;
  readonly agent: Dispatcher | null;
  readonly network: NetworkSettings;
  readonly clock: Clock;
  /** Milliseconds for measuring pauses: the caller's clock if one was given, else a monotonic clock. */
  readonly elapsedMs: () => number;
  readonly sleep: Sleep;
  readonly random: Random;
  readonly host: HostSide;
  readonly oauth: (connectorId: string) => ConnectorOAuth | null;
  readonly createProxy: CreateProxy | null;
  readonly allowPrivateEndpoints: boolean;
  readonly stateDir: string | null;
  readonly pinTools: PinPolicy;
  readonly notifications: boolean;
  readonly offload: 'auto' | 'always' | 'never';
  readonly featureFlags: ConnectorFeatureFlags;
  readonly connect: 'all' | 'on-demand';
  /** The https URL of this host's client metadata document (CIMD). */
  readonly clientMetadataUrl: string | null;
  /** The environment variables that entries of a map may name. */
  readonly allowEnv: readonly string[];
  readonly fleet: ResolvedFleet | null;
  /** The file that messages are recorded in. */
  readonly record: string | null;
  /** Which product's names are used for the registry's path, metric labels and tool tags. */
  readonly compat: Compat;
  readonly limits: Limits;
}

/**
 * Checks options and fills in the defaults. Logs one warning that names unknown options, because callers may pass whole
 * configurations.
 * Throws OPTIONS_INVALID naming the option, AGENT_INCOMPATIBLE.
 */
export function resolveOptions(options: ManagerOptions): ResolvedOptions {
  const { limits, offload, pinTools, allowPrivateEndpoints } = checkOptions(options);
  assertTrustable(placedSources(options));
  const logger = options.logger === undefined ? silentLogger : limitLogs(options.logger);
  warnOfIgnored(options, options.logger === undefined ? null : logger);
  if (options.agent !== undefined) assertCompatibleAgent(options.agent);
  const { now } = options;
  const clock = now === undefined ? options.clock : { now };
  const featureFlags = options.featureFlags ?? parseConnectorFeatureFlags();
  return {
    maps: resolveMaps(options, { limits, refreshIntervalMs: featureFlags.refreshIntervalMs }),
    configFiles: [options.configFile ?? []].flat(),
    configDigests: new Map(Object.entries(options.configDigests ?? {})),
    serverRegistry: registryFile(options.serverRegistry, options.compat),
    givenServers: options.givenServers ?? [],
    connectorsApiKey: () => askForHeader(options.connectorsApiKey),
    registry: options.registry ?? null,
    logger,
    fetchMap: (options.fetchImpl as FetchMap | undefined) ?? null,
    agent: (options.agent as Dispatcher | undefined) ?? null,
    network: resolveNetwork(options.tls, options.proxy, process.env),
    clock: clock ?? systemClock,
    elapsedMs: clock === undefined ? monotonicMs : () => clock.now(),
    sleep: options.sleep ?? systemSleep,
    random: options.random ?? systemRandom,
    host: options.host ?? TOOLS_ONLY,
    oauth: (connectorId) => options.oauth?.(connectorId) ?? null,
    createProxy: options.createProxy ?? null,
    allowPrivateEndpoints,
    stateDir: options.stateDir ?? null,
    pinTools,
    notifications: options.notifications ?? false,
    offload,
    featureFlags,
    connect: options.connect ?? 'all',
    clientMetadataUrl: options.clientMetadataUrl ?? null,
    allowEnv: options.allowEnv ?? [],
    fleet: resolveFleet(options.fleet),
    record: options.record ?? null,
    compat: options.compat ?? null,
    limits,
  };
}

function registryFile(option: ServerRegistryOption | undefined, compat: Compat = null): string | null {
  if (option === undefined) return null;
  return (option === true ? undefined : option.path) ?? registryPath(process.env, compat);
}
