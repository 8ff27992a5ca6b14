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

/** Checked {@link ConnectorProxyManagerOptions} with all defaults filled in. */
export interface ResolvedOptions {
  /** The service maps, in order of precedence. */
  readonly maps: readonly MapOptions[];
  /**
   * Paths of the configuration files; empty without files. If several files define the same id, the last file takes
   * precedence.
   */
  readonly configFiles: readonly string[];
  /** Maps the path of a file to the digest that the file must have. Files that are not listed may have any content. */
  readonly configDigests: ReadonlyMap<string, string>;
  /** Path of the `servers.json` of the registry; null without a registry. */
  readonly serverRegistry: string | null;
  readonly givenServers: readonly GivenServer[];
  /**
   * Returns the key for the connectors of `serviceMapUrl` and of configuration files. Each map in `sources` has its own
   * key.
   */
  readonly connectorsApiKey: () => Promise<string | null>;
  readonly registry: ToolRegistry | null;
  readonly logger: Logger;
  readonly fetchMap: FetchMap | null;
  readonly agent: Dispatcher | null;
  readonly network: NetworkSettings;
  readonly clock: Clock;
  /** Clock for measuring durations, in milliseconds. It is monotonic, unless the caller passed a clock. */
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
  /** Environment variables that entries of a map may use for secrets. */
  readonly allowEnv: readonly string[];
  readonly fleet: ResolvedFleet | null;
  /** Path of the file in which messages are recorded; null if they are not recorded. */
  readonly record: string | null;
  /** Which product's names are used for the path of the registry, metric labels and tool tags. */
  readonly compat: Compat;
  readonly limits: Limits;
}

/**
 * Checks the options and fills in the defaults. Logs one warning that names all unknown options. They are not an error,
 * because callers may pass their whole configuration. Throws OPTIONS_INVALID, whose message names the option, or
 * AGENT_INCOMPATIBLE.
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
