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

/** Options of a manager. Every optional member has a default that suits a host with up to a few hundred connectors. */
export interface ConnectorProxyManagerOptions extends TrustOptions {
  /** URL of the signed service map, http or https. */
  readonly serviceMapUrl: string;
  /** The HMAC key that the map is signed with; several during a rotation, the newest first. */
  readonly signatureKey: HmacKeys;
  /**
   * More maps, each with its own schedule, cache, floor and failures. If two maps have the same connector id, the
   * earlier map wins; `serviceMapUrl` comes first.
   */
  readonly sources?: readonly (ServiceMapSourceOptions | SignedMapSourceOptions)[] | undefined;
  /** The key for connectors whose `auth` requires a key. */
  readonly connectorsApiKey?: Secret | undefined;
  /** Sent as `Authorization: Bearer` with the request for the map. */
  readonly apiKey?: Secret | undefined;
  /** A registry of the host that is notified of every tool that is added, changed or removed. */
  readonly registry?: ToolRegistry | undefined;
  /** Takes the arguments in pino's order: object, message. Silent by default. */
  readonly logger?: Logger | undefined;
  /** Fetches the map instead of undici. It cannot cross threads, so fetching then stays on the main thread. */
  readonly fetchImpl?: typeof fetch | undefined;
  /**
   * An undici 7 or 8 Agent for the map and the connectors, instead of `tls` and `proxy`. It cannot cross threads
   * either.
   */
  readonly agent?: AgentLike | undefined;
  /** Additional certificate authorities and a client certificate, for the map and the connectors. */
  readonly tls?: TlsOptions | undefined;
  /** Proxies, for the map and the connectors. Defaults to the proxies of the environment. */
  readonly proxy?: ProxyOptions | undefined;
  /** Deadline of one request for the map, including the last byte. Defaults to 5 000 ms. */
  readonly timeoutMs?: number | undefined;
  readonly now?: (() => number) | undefined;
  readonly clock?: Clock | undefined;
  readonly sleep?: Sleep | undefined;
  readonly random?: Random | undefined;
  /**
   * What this host can do for connectors (sampling, elicitation, roots; MCP's `ClientCapabilities`), and how. Defaults
   * to none.
   */
  readonly host?: HostSide | undefined;
  /**
   * How to log in to a connector that requires OAuth; null or undefined for other connectors. The login must end within
   * `timeouts.connect` of the entry.
   */
  readonly oauth?: ((connectorId: string) => ConnectorOAuth | null | undefined) | undefined;
  /** Creates the proxy that talks to a connector, instead of the built-in client. */
  readonly createProxy?: CreateProxy | undefined;
  /**
   * Whether connectors of a map may have addresses that are not public (loopback, private, link-local, …). Connectors
   * of a local file and of the registry always may. `false` cannot be combined with `agent` or `createProxy`. Defaults
   * to `true`.
   */
  readonly allowPrivateEndpoints?: boolean | undefined;
  /** Sets both `maxConnects` and `maxConnectsPerOrigin`: the number of connectors that connect at once. */
  readonly concurrency?: number | undefined;
  /** Number of connectors that connect at once. Defaults to 64. */
  readonly maxConnects?: number | undefined;
  /**
   * Number of connectors of one origin that connect at once. Defaults to 4, and rises while the origin responds well.
   */
  readonly maxConnectsPerOrigin?: number | undefined;
  /**
   * Maximum time that `sync()` waits for connectors; slower connectors continue in the background. Defaults to 5 000
   * ms.
   */
  readonly syncDeadlineMs?: number | undefined;
  /**
   * How long a stdio server may be silent between its start and the end of its handshake. Each line on stderr restarts
   * the time, up to 5 min in all; `timeouts.connect` of its entry is a hard limit instead. Defaults to 60 000 ms.
   */
  readonly startTimeoutMs?: number | undefined;
  /**
   * How many stdio servers may start at once. Defaults to the number of processors plus one, and to more while
   * processors are idle.
   */
  readonly programStarts?: number | undefined;
  /** Deadline for the handshake of a connector over HTTP. Defaults to 10 000 ms. */
  readonly connectTimeoutMs?: number | undefined;
  /** Deadline for a connector's whole tool list. Defaults to 10 000 ms. */
  readonly listTimeoutMs?: number | undefined;
  /** Deadline for a tool call. Defaults to 60 000 ms. */
  readonly callTimeoutMs?: number | undefined;
  /** Maximum number of pages in one connector's tool list. Defaults to 64. */
  readonly maxToolPages?: number | undefined;
  /** Maximum number of tools of one connector. Defaults to 10 000. */
  readonly maxTools?: number | undefined;
  /**
   * Maximum size of one response of a connector, including a page of tools, after decompression. Defaults to 32 MiB.
   */
  readonly maxResultBytes?: number | undefined;
  /** Folder that keeps the last verified map, its floor and the tools across restarts. Without it nothing is kept. */
  readonly stateDir?: string | undefined;
  /**
   * What to do about a tool whose definition differs from the definition first seen: nothing (`off`), report it
   * (`warn`), or also unlist and refuse it until it is approved (`quarantine`). Defaults to `warn`.
   */
  readonly pinTools?: PinPolicy | undefined;
  /**
   * Whether notifications of connectors, except those of changed tools, become `notification` events. This keeps a
   * stream open to each connector that may send such notifications. Defaults to `false`.
   */
  readonly notifications?: boolean | undefined;
  /**
   * Where maps are downloaded and verified. `auto` (default) uses the main thread while the worker threads start, and
   * then the worker threads. `always` uses only worker threads, `never` only the main thread.
   */
  readonly offload?: 'auto' | 'always' | 'never' | undefined;
  /** Maximum size of a map, in bytes after decompression; a larger map fails with MAP_TOO_LARGE. Defaults to 32 MiB. */
  readonly maxMapBytes?: number | undefined;
  /** Maximum number of connectors in a map. Defaults to 100 000. */
  readonly maxConnectors?: number | undefined;
  /** How far a map's `generatedAt` may be ahead of this clock. Defaults to 300 000 ms. */
  readonly maxClockSkewMs?: number | undefined;
  /**
   * `cortex-os` keeps the names of the product that this package replaces: the registry's path, the metric label
   * `brand`, and the tag `brand:…` of tools. Defaults to this package's own names.
   */
  readonly compat?: 'cortex-os' | undefined;
  /** Whether and how often to refresh in the background. Read from the environment by default. */
  readonly featureFlags?: ConnectorFeatureFlags | undefined;
  /**
   * One or more files of connectors in addition to those of the map, in the format of any client that
   * docs/client-files.md names. If several files have the same id, the last file wins. Files are read at the
   * first sync and at every forced sync. Stdio servers are only started from here, never from a map.
   */
  readonly configFile?: string | readonly string[] | undefined;
  /**
   * The digests that files of `configFile` must have, by path, spelled as in `configFile`. The command line sets this
   * option for a project's file that a person has inspected. A file with another digest is refused with CONFIG_INVALID.
   */
  readonly configDigests?: Readonly<Record<string, string>> | undefined;
  /**
   * Adds the servers of a registry (fs-store) to the connectors of the map, and follows changes of the registry. `true`
   * uses the registry of the environment, `path` names its `servers.json`. Not to be confused with `registry`, which is
   * notified of tools.
   */
  readonly serverRegistry?: ServerRegistryOption | undefined;
  /**
   * Servers that this host names itself, in memory: they take precedence over all other connectors with the same id.
   * The command line sets it for a server that is given as an argument.
   */
  readonly givenServers?: readonly GivenServer[] | undefined;
  /**
   * When connectors connect: `all` at once (the default), or each one `on-demand`, when a call, `request()`,
   * `ready(id)` or `startLogin()` needs it. `status()` then shows only the connectors that were needed.
   */
  readonly connect?: 'all' | 'on-demand' | undefined;
  /**
   * The https URL of this host's client metadata document (CIMD): issuers that support such documents then need no
   * registration. An entry's own `oauth.clientMetadataUrl` takes precedence.
   */
  readonly clientMetadataUrl?: string | undefined;
  /**
   * Environment variables that entries of a map may name for a client secret or private key (`oauth.clientSecretEnv`,
   * `oauth.privateKeyEnv`). Defaults to none, because the publisher of the map chooses the issuer that gets the secret.
   */
  readonly allowEnv?: readonly string[] | undefined;
  /** Options of a fleet: hosts that share a Redis or Valkey server (docs/fleet.md). Defaults to none. */
  readonly fleet?: FleetOptions | undefined;
  /**
   * A file to record every message to and from connectors in, without secrets, for `mcp-switchyard replay`
   * (docs/record-replay.md). An existing file of that name is replaced. Defaults to none.
   */
  readonly record?: string | undefined;
}

/** A server that a host names itself: its URL, or the stdio server to start. */
export interface GivenServer {
  readonly id: string;
  readonly url?: string | undefined;
  /** Sent with each request to `url`. */
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

/** A registry of servers: the registry of the environment, or the registry whose `servers.json` is at `path`. */
export type ServerRegistryOption = true | { readonly path?: string | undefined };

/** Options of a manager whose map is signed with public keys; `signatureKey` is then optional. */
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

/** Options of a manager without a map, with a file of connectors and perhaps a registry. */
export interface LocalManagerOptions extends WithoutMap {
  readonly configFile: string | readonly string[];
}

/** Options of a manager without a map, with a registry and perhaps a file of connectors. */
export interface RegistryManagerOptions extends WithoutMap {
  readonly serverRegistry: ServerRegistryOption;
}

/** Options of a manager without a map, with servers that the host names itself. */
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
