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

/**
 * What a manager can be given. Everything optional has a default that suits a host with up to some hundred
 * connectors.
 */
export interface ConnectorProxyManagerOptions extends TrustOptions {
  /** Where the signed service map is, http or https. */
  readonly serviceMapUrl: string;
  /** The HMAC key the map is signed with; several while the key is rotated, the newest first. */
  readonly signatureKey: HmacKeys;
  /**
   * More maps, each with its own schedule, cache, floor and failure. Of one connector id in two maps the earlier
   * counts; `serviceMapUrl` comes first.
   */
  readonly sources?: readonly (ServiceMapSourceOptions | SignedMapSourceOptions)[] | undefined;
  /** The key for connectors whose `auth` asks for one. */
  readonly connectorsApiKey?: Secret | undefined;
  /** Sent as `Authorization: Bearer` with the request for the map. */
  readonly apiKey?: Secret | undefined;
  /** Is told of every tool that comes or goes. */
  readonly registry?: ToolRegistry | undefined;
  /** pino's call order: object, message. Silent by default. */
  readonly logger?: Logger | undefined;
  /** Fetches the map instead of undici; it cannot cross threads, so fetching then stays on main. */
  readonly fetchImpl?: typeof fetch | undefined;
  /**
   * An Agent of undici 7 or 8 for the map and the connectors, in place of `tls` and `proxy`; it cannot cross threads
   * either.
   */
  readonly agent?: AgentLike | undefined;
  /** Own authorities and a client certificate, for the map and the connectors. */
  readonly tls?: TlsOptions | undefined;
  /** Proxies, for the map and the connectors. From the environment by default. */
  readonly proxy?: ProxyOptions | undefined;
  /** Deadline of one request for the map, last byte included. 5 000 ms. */
  readonly timeoutMs?: number | undefined;
  readonly now?: (() => number) | undefined;
  readonly clock?: Clock | undefined;
  readonly sleep?: Sleep | undefined;
  readonly random?: Random | undefined;
  /**
   * What this host can do for connectors (sampling, elicitation, roots; MCP's `ClientCapabilities`), and how. Nothing
   * by default.
   */
  readonly host?: HostSide | undefined;
  /**
   * How to log in to a connector that wants OAuth; null or undefined for one that does not. Give it time:
   * `timeouts.connect` of the entry counts.
   */
  readonly oauth?: ((connectorId: string) => ConnectorOAuth | null | undefined) | undefined;
  /** Makes the thing that talks to a connector, instead of the MCP SDK. */
  readonly createProxy?: CreateProxy | undefined;
  /**
   * Whether connectors of a map may be at addresses that are not public (loopback, private, link-local, …); those of
   * a local file and of the registry always may. `false`
   * goes with neither `agent` nor `createProxy`. `true`.
   */
  readonly allowPrivateEndpoints?: boolean | undefined;
  /** Connectors brought up at once, all origins together; sets `maxConnects` and `maxConnectsPerOrigin` alike. */
  readonly concurrency?: number | undefined;
  /** Connectors brought up at once. 64. */
  readonly maxConnects?: number | undefined;
  /** Connectors of one origin brought up at once. By default 4 at first, and more while it answers well. */
  readonly maxConnectsPerOrigin?: number | undefined;
  /** How long `sync()` waits for connectors at most; stragglers go on in the background. 5 000 ms. */
  readonly syncDeadlineMs?: number | undefined;
  /**
   * How long a stdio server may be quiet before its handshake is done, from its own start. Each line on stderr starts
   * the
   * time again, up to 5 min in all; `timeouts.connect` of its entry is a hard limit instead. Defaults to 60 000 ms.
   */
  readonly startTimeoutMs?: number | undefined;
  /**
   * How many stdio servers may start at a time. By default the processors decide: one more than there are, and more
   * while
   * they are idle.
   */
  readonly programStarts?: number | undefined;
  /** Deadline for the handshake of a connector over HTTP. Defaults to 10 000 ms. */
  readonly connectTimeoutMs?: number | undefined;
  /** Deadline for a connector's whole tool list. 10 000 ms. */
  readonly listTimeoutMs?: number | undefined;
  /** Deadline for a tool call. 60 000 ms. */
  readonly callTimeoutMs?: number | undefined;
  /** Pages of one connector's tool list. 64. */
  readonly maxToolPages?: number | undefined;
  /** Tools of one connector. 10 000. */
  readonly maxTools?: number | undefined;
  /** Cap on one answer of a connector, a page of tools too, after decompression. 32 MiB. */
  readonly maxResultBytes?: number | undefined;
  /**
   * Folder that remembers the last verified map, its floor and the tools over restarts. Nothing is remembered without
   * it.
   */
  readonly stateDir?: string | undefined;
  /**
   * What to do about a tool whose definition is no longer the one that was first seen: nothing (`off`), tell it
   * (`warn`), or also unlist and refuse it until it is
   * approved (`quarantine`). `warn`.
   */
  readonly pinTools?: PinPolicy | undefined;
  /**
   * Whether what connectors say of their own accord, besides of their tools, becomes `notification` events; it keeps
   * a stream open to each that may. `false`.
   */
  readonly notifications?: boolean | undefined;
  /** Where maps are proven: `auto` starts on main while the threads boot, `always` never does, `never` always does. */
  readonly offload?: 'auto' | 'always' | 'never' | undefined;
  /** The largest map that is read, in bytes after decompression; MAP_TOO_LARGE beyond. Defaults to 32 MiB. */
  readonly maxMapBytes?: number | undefined;
  /** Cap on the connectors of a map. 100 000. */
  readonly maxConnectors?: number | undefined;
  /** How far a map's `generatedAt` may lie ahead of this clock. 300 000 ms. */
  readonly maxClockSkewMs?: number | undefined;
  /**
   * `cortex-os` keeps the names of the product that this package replaces: the registry's path, the metric label
   * `brand`, and the tag `brand:…` of tools. Defaults to this package's own names.
   */
  readonly compat?: 'cortex-os' | undefined;
  /** Whether and how often to refresh in the background. Read from the environment by default. */
  readonly featureFlags?: ConnectorFeatureFlags | undefined;
  /**
   * A file of connectors besides the map's, of any client that docs/local-configuration.md names, or several: of one id
   * the last file that has it counts. Read at the first sync and at every forced one. Programs are started from here
   * alone, never from a map.
   */
  readonly configFile?: string | readonly string[] | undefined;
  /**
   * What files of `configFile` must hold to be used, by the path as `configFile` has it. The command line sets it for
   * a project's file that a person has looked at: one that has another digest is refused with CONFIG_INVALID.
   */
  readonly configDigests?: Readonly<Record<string, string>> | undefined;
  /**
   * The servers of a registry (fs-store) as connectors besides the map's, kept as the registry is: `true` for that of
   * the environment, or its `servers.json`. Not
   * to be taken for `registry`, which is told of tools.
   */
  readonly serverRegistry?: ServerRegistryOption | undefined;
  /**
   * Servers that this host names itself, in memory: they win over all others of their ids. The command line sets it for
   * a server that was typed.
   */
  readonly givenServers?: readonly GivenServer[] | undefined;
  /**
   * When connectors come up: `all` at once (the default), or each one `on-demand`, when a call, `request()`,
   * `ready(id)` or `startLogin()` needs it. `status()` then shows those that were needed.
   */
  readonly connect?: 'all' | 'on-demand' | undefined;
  /**
   * The https address of this host's client metadata document (CIMD): issuers that support it then need no
   * registration. An entry's own `oauth.clientMetadataUrl` comes first.
   */
  readonly clientMetadataUrl?: string | undefined;
  /**
   * Environment variables that entries of a map may name as a client secret or private key (`oauth.clientSecretEnv`,
   * `oauth.privateKeyEnv`). Defaults to none: the secret goes to an issuer that the author of the map chose.
   */
  readonly allowEnv?: readonly string[] | undefined;
  /** Hosts that share a Redis or Valkey server (docs/fleet.md). Defaults to none: this process is on its own. */
  readonly fleet?: FleetOptions | undefined;
  /**
   * A file that every message to and from connectors is recorded to, without secrets, for `mcp-switchyard replay`
   * (docs/record-replay.md). It replaces a file of that name. Defaults to none.
   */
  readonly record?: string | undefined;
}

/** A server that a host names itself: its address, or the program that it is. */
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

/** A registry of servers: that of the environment, or the one whose `servers.json` is at `path`. */
export type ServerRegistryOption = true | { readonly path?: string | undefined };

/** What a manager can be given whose map is signed with public keys; `signatureKey` is then optional. */
export interface SignedMapManagerOptions extends Omit<ConnectorProxyManagerOptions, 'signatureKey'> {
  readonly signatureKey?: HmacKeys | undefined;
  readonly signatureKeys: KeySetSource;
}

interface WithoutMap extends Omit<ConnectorProxyManagerOptions, 'serviceMapUrl' | 'signatureKey'> {
  readonly serviceMapUrl?: undefined;
  readonly signatureKey?: HmacKeys | undefined;
}

/** What a manager can be given whose maps are all in `sources`. */
export interface SourcesManagerOptions extends WithoutMap {
  readonly sources: readonly (ServiceMapSourceOptions | SignedMapSourceOptions)[];
}

/** What a manager can be given that has no map, only a file of connectors and perhaps a registry. */
export interface LocalManagerOptions extends WithoutMap {
  readonly configFile: string | readonly string[];
}

/** What a manager can be given that has no map, only a registry and perhaps a file of connectors. */
export interface RegistryManagerOptions extends WithoutMap {
  readonly serverRegistry: ServerRegistryOption;
}

/** What a manager can be given that has no map, only servers that the host names itself. */
interface GivenManagerOptions extends WithoutMap {
  readonly givenServers: readonly GivenServer[];
}

/** With maps, or without. */
export type ManagerOptions =
  | ConnectorProxyManagerOptions
  | SignedMapManagerOptions
  | SourcesManagerOptions
  | LocalManagerOptions
  | RegistryManagerOptions
  | GivenManagerOptions;
