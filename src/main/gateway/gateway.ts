import { LRUCache } from 'lru-cache';
import { settledWithin } from '../../shared/clock.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { ConnectorProxyManager } from '../manager/connector-proxy-manager.ts';
import { fleetOf } from '../manager/parts-of.ts';
import type { JsonObject } from '../mcp/json-rpc.ts';
import type { Logger } from '../observability/logger.ts';
import { observeGateway } from '../observability/observed-gauges.ts';
import { CallLatencies } from './call-latencies.ts';
import { createExposedNames } from './catalog/exposed-names.ts';
import { FeatureLists } from './catalog/feature-lists.ts';
import { createNameFilter } from './catalog/filter/name-filter.ts';
import { sharedRoute, singleRoute } from './catalog/route.ts';
import { createView, type View } from './catalog/view.ts';
import { FirstLists } from './first-lists.ts';
import { createHeldStates, type HeldStates, LONE_STATES } from './messages/held-states.ts';
import { CallsUnderWay } from './protocol/forwarding/calls-under-way.ts';
import { HeldCalls } from './protocol/forwarding/held-calls.ts';
import type { GatewayHost } from './protocol/gateway-host.ts';
import { createMethods } from './protocol/methods.ts';
import { ClientNotices } from './protocol/notices/client-notices.ts';
import type { ClientSession } from './protocol/notices/client-session.ts';
import { LogLevels } from './protocol/notices/log-levels.ts';
import { ResourceWatches } from './protocol/notices/resource-watches.ts';
import { RequestServer } from './protocol/request-server.ts';

/** What a gateway serves, and under which names. */
export interface GatewayOptions {
  /**
   * The manager of the connectors. It must have been created with the option `notifications`, and with the same `host`.
   */
  readonly manager: ConnectorProxyManager;
  /** Result of `createGatewayHost()`. */
  readonly host: GatewayHost;
  readonly logger: Logger;
  /** Separator between the id of a connector and a name. */
  readonly separator: string;
  /**
   * Globs that decide which exposed names are listed on every route. A glob that begins with `!` hides names. With an
   * empty list, all names are listed.
   */
  readonly tools: readonly string[];
  /** Further routes, each with its own additional globs. */
  readonly routes: Readonly<Record<string, readonly string[]>>;
  /** Replaces the fleet of the manager in tests. @internal */
  readonly fleet?: Fleet | null;
}

/**
 * Time to live of lists while all connectors are settled. A client with a stream is notified of a change immediately.
 */
const LIST_TTL_MS = 60_000;

/**
 * Time to live of lists while a connector waits for a login. It is short, so that clients without a stream soon see the
 * tools that appear after the login.
 */
const LOGIN_TTL_MS = 5_000;

/** Maximum number of cached routes of a single connector; the least recently used one is dropped first. */
const MAX_SINGLE_VIEWS = 1_000;

/** One MCP server in front of all connectors of a manager, shared by its listeners. */
export class Gateway {
  readonly manager: ConnectorProxyManager;
  readonly host: GatewayHost;
  /** @internal */
  readonly server: RequestServer;
  /** @internal */
  readonly notices: ClientNotices;
  /** @internal */
  readonly watches: ResourceWatches;
  /** @internal */
  readonly levels: LogLevels;
  /** @internal */
  readonly latencies = new CallLatencies();
  /** The fleet of the manager; null without a fleet. @internal */
  readonly fleet: Fleet | null;
  /** @internal */
  readonly states: HeldStates;
  readonly #held: HeldCalls;
  readonly #features: FeatureLists;
  readonly #views = new Map<string, View>();
  readonly #singles = new LRUCache<string, View>({ max: MAX_SINGLE_VIEWS });
  readonly #options: GatewayOptions;
  /**
   * Listeners. The key is a function that returns the sessions of a listener. For a listener that can only have one
   * client, the value is a function that returns the capabilities of that client; otherwise it is null.
   */
  readonly #listeners = new Map<() => readonly ClientSession[], (() => JsonObject | null) | null>();
  readonly #off: () => void;
  readonly #unobserve: () => void;
  readonly #closed = new AbortController();
  readonly #firstLists: FirstLists;

  constructor(options: GatewayOptions) {
    const { manager, host, logger, separator, tools, routes } = options;
    this.#options = options;
    this.manager = manager;
    this.host = host;
    this.fleet = options.fleet === undefined ? fleetOf(manager) : options.fleet;
    this.states = this.fleet === null ? LONE_STATES : createHeldStates(this.fleet.hostId, this.fleet.sealer);
    this.#held = new HeldCalls(this.states);
    const calls = new CallsUnderWay();
    this.notices = new ClientNotices(manager, calls);
    this.#firstLists = new FirstLists(manager, this.#closed.signal, () => this.#features.read());
    this.watches = new ResourceWatches(manager);
    this.levels = new LogLevels(manager);
    this.#features = new FeatureLists({
      ...{ manager, logger },
      onChange: (feature, connectorId) => this.notices.changed(feature, connectorId),
    });
    const names = createExposedNames(separator);
    for (const [name, globs] of [['', []] as const, ...Object.entries(routes)]) {
      const isAllowed = bothAllow(tools, globs);
      this.#views.set(
        name,
        createView(manager, this.#features, sharedRoute(name === '' ? 'all' : name, names, isAllowed)),
      );
    }
    this.#off = manager.on('tools', ({ added, changed, removed }) => {
      for (const view of this.#views.values()) view.tools.changed([...added, ...changed, ...removed]);
    });
    const methods = createMethods({
      ...{ manager, calls, held: this.#held, latencies: this.latencies },
      settled: () => this.#firstLists.ready(),
      featuresSettled: () => this.#firstLists.featuresReady(),
      namedSettled: () => this.#firstLists.namedReady(),
      ttlMs: () => this.#ttlMs(),
    });
    this.server = new RequestServer(methods, logger);
    host.askAmong({ calls, sessions: () => this.#sessions(), onlyClient: () => this.#onlyClient() });
    this.#unobserve = observeGateway(() => ({
      sessions: this.#sessions().length,
      requests: this.server.running,
      heldCalls: this.#held.size,
    }));
  }

  /**
   * Returns the view of all connectors, or of the further route with this name; undefined if there is no such route.
   */
  view(name = ''): View | undefined {
    return this.#views.get(name);
  }

  /**
   * Returns the view of a single connector, under the connector's own names; undefined if no connector has that id.
   * Right after a cold start this waits for the connectors.
   */
  async single(connectorId: string): Promise<View | undefined> {
    if (!this.manager.has(connectorId)) await this.#firstLists.ready();
    if (!this.manager.has(connectorId)) return undefined;
    const known = this.#singles.get(connectorId);
    if (known !== undefined) return known;
    const names = createExposedNames(this.#options.separator);
    const route = singleRoute(connectorId, names, createNameFilter(this.#options.tools));
    const view = createView(this.manager, this.#features, route);
    this.#singles.set(connectorId, view);
    return view;
  }

  /**
   * Adds the sessions of a listener. The returned function removes them. `onlyClient` is for a listener that will never
   * have more than one client, and returns the capabilities of that client; null until they are known. @internal
   */
  addSessions(
    sessions: () => readonly ClientSession[],
    onlyClient: (() => JsonObject | null) | null = null,
  ): () => void {
    this.#listeners.set(sessions, onlyClient);
    return () => void this.#listeners.delete(sessions);
  }

  /** Resolves once no request is being served, or after `deadlineMs`. */
  async drained(deadlineMs: number): Promise<void> {
    await settledWithin(this.server.idle(), deadlineMs);
  }

  /**
   * Ends all subscriptions, watches and held calls of clients. The manager stays open, because its owner closes it.
   * Idempotent.
   */
  close(): void {
    this.#closed.abort(new Error('The gateway was closed'));
    this.#off();
    this.#unobserve();
    this.notices.close();
    this.watches.close();
    this.levels.close();
    this.#features.close();
    this.#held.close();
  }

  #sessions(): readonly ClientSession[] {
    return [...this.#listeners.keys()].flatMap((sessions) => sessions());
  }

  #onlyClient(): JsonObject | null {
    const [only, ...others] = this.#listeners.values();
    return others.length === 0 ? (only?.() ?? null) : null;
  }

  /**
   * Returns the time to live of lists. It is 0 while connectors are unknown, coming up or down, because the lists are
   * about to change.
   */
  #ttlMs(): number {
    const counts = this.manager.countByState();
    const isSettled = ['connecting', 'backing-off'].every((state) => (counts.get(state as 'connecting') ?? 0) === 0);
    const areKnown = counts.values().some((count) => count > 0);
    if (!isSettled || !areKnown) return 0;
    return (counts.get('needs-login') ?? 0) > 0 ? LOGIN_TTL_MS : LIST_TTL_MS;
  }
}

function bothAllow(all: readonly string[], own: readonly string[]): ReturnType<typeof createNameFilter> {
  const [everywhere, here] = [createNameFilter(all), createNameFilter(own)];
  if (own.length === 0) return everywhere;
  return all.length === 0 ? here : (name) => everywhere(name) && here(name);
}
