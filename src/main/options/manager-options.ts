import type { Clock, Random, Sleep } from '../../shared/clock.ts';
import type { AgentLike } from '../http/agent-check.ts';
import type { HostSide } from '../mcp/host-side.ts';
import type { Logger } from '../observability/logger.ts';
import type { ConnectorFeatureFlags } from './feature-flags.ts';
import type { FleetOptions } from './fleet-options.ts';
import type { ConnectorOAuth, CreateProxy, ToolRegistry } from './host-interfaces.ts';
import type { ServiceMapSourceOptions, SignedMapSourceOptions } from './map-options.ts';
import type { ProxyOptions, TlsOptions } from './network-options.ts';
import type { PinPolicy } from './option-checks.ts';
import type { Secret } from './secrets.ts';
import type { KeySetSource } from './trust/key-set-source.ts';
import type { HmacKeys, TrustOptions } from './trust/trust-options.ts';

/** Options of a manager. All defaults are chosen for a host with up to a few hundred connectors. */
export interface ConnectorProxyManagerOptions extends TrustOptions {
  /** The http or https URL of the signed service map. */
  readonly serviceMapUrl: string;
  /** The HMAC key with which the map is signed. During a rotation, a list of keys, the newest first. */
  readonly signatureKey: HmacKeys;
  /**
   * Further service maps, each with its own schedule, cache, floor (lowest accepted `generatedAt`) and failures. If two
   * maps list the same connector id, the earlier map takes precedence. The map of `serviceMapUrl` comes first.
   */
  readonly sources?: readonly (ServiceMapSourceOptions | SignedMapSourceOptions)[] | undefined;
  /** The key for connectors whose `auth` requires a key. */
  readonly connectorsApiKey?: Secret | undefined;
  /** Key that each request for the map sends as `Authorization: Bearer`. */
  readonly apiKey?: Secret | undefined;
  /** An object of the host that is notified of every tool that is added, changed or removed. */
  readonly registry?: ToolRegistry | undefined;
  /** Receives log lines, with the arguments in the order of pino: object, message. Without it, nothing is logged. */
  readonly logger?: Logger | undefined;
  /** Function that fetches the map, in place of undici. With it, maps are fetched on the main thread. */
  readonly fetchImpl?: typeof fetch | undefined;
  /**
   * An Agent of undici 7 or 8 for all requests, instead of `tls` and `proxy`. Maps are then fetched on the main thread.
   */
  readonly agent?: AgentLike | undefined;
  /** Additional certificate authorities and a client certificate, for connections to the map and the connectors. */
  readonly tls?: TlsOptions | undefined;
  /** Proxies for connections to the map and the connectors. Defaults to the proxies in the environment. */
  readonly proxy?: ProxyOptions | undefined;
  /** Timeout of one request for the map, from its start to the last byte of the response. Defaults to 5 000 ms. */
  readonly timeoutMs?: number | undefined;
  readonly now?: (() => number) | undefined;
  readonly clock?: Clock | undefined;
  readonly sleep?: Sleep | undefined;
  readonly random?: Random | undefined;
  /**
   * The MCP client capabilities of this host for connectors (sampling, elicitation, roots), and a function that answers
   * their requests. Defaults to none.
   */
  readonly host?: HostSide | undefined;
  /**
   * Returns how to log in to a connector that requires OAuth; null or undefined for other connectors. The login must
   * end within the time limit `timeouts.connect` of the entry.
   */
  readonly oauth?: ((connectorId: string) => ConnectorOAuth | null | undefined) | undefined;
  /** Creates the proxy that connects to a connector. It is used instead of the built-in client. */
  readonly createProxy?: CreateProxy | undefined;
  /**
   * Whether connectors of a map may have addresses that are not public (loopback, private, link-local and others).
   * Connectors of a local file and of the registry always may. `false` cannot be combined with `agent` or
   * `createProxy`. Defaults to `true`.
   */
  readonly allowPrivateEndpoints?: boolean | undefined;
  /** Sets both `maxConnects` and `maxConnectsPerOrigin`. */
  readonly concurrency?: number | undefined;
  /** Maximum number of connectors that connect at the same time. Defaults to 64. */
  readonly maxConnects?: number | undefined;
  /**
   * Maximum number of connectors of one origin that connect at the same time. Defaults to 4, and then rises while the
   * origin responds well.
   */
  readonly maxConnectsPerOrigin?: number | undefined;
  /** Maximum time that `sync()` waits for connectors, which then continue in the background. Defaults to 5 000 ms. */
  readonly syncDeadlineMs?: number | undefined;
  /**
   * How long a stdio server may be silent between its start and the end of its handshake. Each line on its stderr
   * restarts the timer, up to 5 minutes in total. If the server's entry has `timeouts.connect`, this is a fixed limit
   * for the whole start instead. Defaults to 60 000 ms.
   */
  readonly startTimeoutMs?: number | undefined;
  /**
   * How many stdio servers may start at the same time. Defaults to the number of processors plus one, and to more while
   * processors are idle.
   */
  readonly programStarts?: number | undefined;
  /** Timeout of the handshake with a connector over HTTP. Defaults to 10 000 ms. */
  readonly connectTimeoutMs?: number | undefined;
  /** Timeout for reading the whole tool list of a connector. Defaults to 10 000 ms. */
  readonly listTimeoutMs?: number | undefined;
  /** Timeout of a tool call. Defaults to 60 000 ms. */
  readonly callTimeoutMs?: number | undefined;
  /** Maximum number of pages in the tool list of a connector. Defaults to 64. */
  readonly maxToolPages?: number | undefined;
  /** Maximum number of tools of a connector. Defaults to 10 000. */
  readonly maxTools?: number | undefined;
  /** Maximum size of a response (such as one page of tools) from a connector, decompressed. Defaults to 32 MiB. */
  readonly maxResultBytes?: number | undefined;
  /** Folder that keeps the last verified maps, their floors and the tools for the next start. Defaults to none. */
  readonly stateDir?: string | undefined;
  /**
   * What to do if the definition of a tool differs from the definition that was first seen. With `off`, nothing
   * happens. With `warn` (default), the tool is reported. With `quarantine`, it is also not listed and cannot be called
   * until a person approves the new definition.
   */
  readonly pinTools?: PinPolicy | undefined;
  /**
   * Whether notifications from connectors become `notification` events. Notifications about changed tools never become
   * events. With this option, a stream stays open to each connector that may send such notifications. Defaults to
   * `false`.
   */
  readonly notifications?: boolean | undefined;
  /**
   * Where maps are downloaded and verified. With `auto` (default), on the main thread while the worker threads start,
   * and after that on worker threads. With `always`, only on worker threads. With `never`, only on the main thread.
   */
  readonly offload?: 'auto' | 'always' | 'never' | undefined;
  /** Maximum size of a map in bytes, after decompression. A larger map fails with MAP_TOO_LARGE. Defaults to 32 MiB. */
  readonly maxMapBytes?: number | undefined;
  /** Maximum number of connectors in a map. Defaults to 100 000. */
  readonly maxConnectors?: number | undefined;
  /** How far the `generatedAt` of a map may be ahead of the clock of this host. Defaults to 300 000 ms. */
  readonly maxClockSkewMs?: number | undefined;
  /**
   * With `cortex-os`, the names of the product that this package replaces are used for the path of the registry, for
   * the metric label `brand`, and for the tag `brand:…` of tools. Defaults to this package's own names.
   */
  readonly compat?: 'cortex-os' | undefined;
  /** Whether maps are refreshed in the background, and how often. Defaults to the settings in the environment. */
  readonly featureFlags?: ConnectorFeatureFlags | undefined;
  /**
   * One or more configuration files with connectors, in the format of any client that docs/client-files.md lists. Their
   * connectors are added to those of the maps. If several files define the same id, the last file takes precedence. The
   * files are read at the first sync and at every forced sync. A map cannot contain stdio servers; a file can.
   */
  readonly configFile?: string | readonly string[] | undefined;
  /**
   * The digest that a file of `configFile` must have, by its path as written in `configFile`. A file with another
   * digest is refused with CONFIG_INVALID. The command line sets this option for the file of a project after a person
   * has reviewed the file.
   */
  readonly configDigests?: Readonly<Record<string, string>> | undefined;
  /**
   * Adds the servers of a registry (see `fs-store`) to the connectors, and follows its changes. `true` uses the default
   * registry, and `path` is the path of another registry's `servers.json`. This option has nothing to do with the
   * option `registry`, which is an object that is notified of tools.
   */
  readonly serverRegistry?: ServerRegistryOption | undefined;
  /**
   * Servers that this host defines itself, in memory. They take precedence over all other connectors with the same id.
   * The command line sets this option for a server that is given as an argument.
   */
  readonly givenServers?: readonly GivenServer[] | undefined;
  /**
   * When connectors connect. With `all` (default), all connectors connect as soon as their entries are known. With
   * `on-demand`, a connector connects when a call, `request()`, `ready(id)` or `startLogin()` needs it. `status()` then
   * shows only connectors that have been needed.
   */
  readonly connect?: 'all' | 'on-demand' | undefined;
  /**
   * The https URL of this host's client metadata document (CIMD). With issuers that support such documents, no
   * registration is needed. The `oauth.clientMetadataUrl` of an entry takes precedence.
   */
  readonly clientMetadataUrl?: string | undefined;
  /**
   * Environment variables that entries of a map may use for a client secret or a private key (`oauth.clientSecretEnv`,
   * `oauth.privateKeyEnv`). Defaults to none, because the publisher of the map also chooses the issuer that gets the
   * secret.
   */
  readonly allowEnv?: readonly string[] | undefined;
  /** Makes this host part of a fleet: hosts that share a Redis or Valkey server (docs/fleet.md). Defaults to none. */
  readonly fleet?: FleetOptions | undefined;
  /**
   * Path of a file in which all messages to and from connectors are recorded, without secrets, for `mcp-switchyard
   * replay` (docs/record-replay.md). An existing file is replaced. Defaults to none.
   */
  readonly record?: string | undefined;
}

/** A server that a host defines itself, by its URL or by the stdio server to start. */
export interface GivenServer {
  readonly id: string;
  readonly url?: string | undefined;
  /** Headers for each request to `url`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly program?:
    | {
        readonly command: string;
        readonly args: readonly string[];
        readonly env: Readonly<Record<string, string>>;
        readonly cwd: string | null;
      }
    | undefined;
}

/**
 * A registry of servers. `true` is the default registry, and `path` is the path of another registry's `servers.json`.
 */
export type ServerRegistryOption = true | { readonly path?: string | undefined };

/** Options of a manager whose map is signed with public keys. `signatureKey` is then optional. */
export interface SignedMapManagerOptions extends Omit<ConnectorProxyManagerOptions, 'signatureKey'> {
  readonly signatureKey?: HmacKeys | undefined;
  readonly signatureKeys: KeySetSource;
}

interface WithoutMap extends Omit<ConnectorProxyManagerOptions, 'serviceMapUrl' | 'signatureKey'> {
  readonly serviceMapUrl?: undefined;
  readonly signatureKey?: HmacKeys | undefined;
}

/** Options of a manager whose maps are all in `sources`. */
export interface SourcesManagerOptions extends WithoutMap {
  readonly sources: readonly (ServiceMapSourceOptions | SignedMapSourceOptions)[];
}

/** Options of a manager without a map. It has at least one configuration file, and may have a registry. */
export interface LocalManagerOptions extends WithoutMap {
  readonly configFile: string | readonly string[];
}

/** Options of a manager without a map. It has a registry, and may have configuration files. */
export interface RegistryManagerOptions extends WithoutMap {
  readonly serverRegistry: ServerRegistryOption;
}

/** Options of a manager without a map. It has servers that the host defines itself. */
interface GivenManagerOptions extends WithoutMap {
  readonly givenServers: readonly GivenServer[];
}

/** Options of a manager, with or without maps. */
export type ManagerOptions =
  | ConnectorProxyManagerOptions
  | SignedMapManagerOptions
  | SourcesManagerOptions
  | LocalManagerOptions
  | RegistryManagerOptions
  | GivenManagerOptions;
