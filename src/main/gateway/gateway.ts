import { monotonicMs, raceSignal, settledWithin, systemSleep } from '../../shared/clock.ts';
import type { ConnectorProxyManager } from '../manager/connector-proxy-manager.ts';
import type { Logger } from '../observability/logger.ts';
import { observeGateway } from '../observability/observed-gauges.ts';
import { CallLatencies } from './call-latencies.ts';
import { createExposedNames } from './catalog/exposed-names.ts';
import { FeatureLists } from './catalog/feature-lists.ts';
import { createNameFilter } from './catalog/name-filter.ts';
import { sharedRoute, singleRoute } from './catalog/route.ts';
import { createView, type View } from './catalog/view.ts';
import { CallsUnderWay } from './protocol/forwarding/calls-under-way.ts';
import { HeldCalls } from './protocol/forwarding/held-calls.ts';
import type { GatewayHost } from './protocol/gateway-host.ts';
import { createMethods } from './protocol/methods.ts';
import type { ClientSession } from './protocol/notices/client-session.ts';
import { LogLevels } from './protocol/notices/log-levels.ts';
import { Notices } from './protocol/notices/notices.ts';
import { ResourceWatches } from './protocol/notices/resource-watches.ts';
import { RequestServer } from './protocol/request-server.ts';

export interface GatewayOptions {
  /** Made with `notifications` and with {@link GatewayOptions.host}. */
  readonly manager: ConnectorProxyManager;
  readonly host: GatewayHost;
  readonly logger: Logger;
  /** Between a connector's id and a name. */
  readonly separator: string;
  /** Globs of exposed names, `!` denies; for every route. */
  readonly tools: readonly string[];
  /** Further routes, each with globs of its own besides. */
  readonly routes: Readonly<Record<string, readonly string[]>>;
}

/** How long a first list waits for the connectors of a cold start, from the start on. */
const COLD_LIST_MS = 750;

/** For how long lists hold while nothing is amiss: a change is told at once to who listens. */
const LIST_TTL_MS = 60_000;

/** Routes of one connector that are kept ready. */
const MAX_SINGLE_VIEWS = 1_000;

/** One MCP server in front of all connectors of a manager, for whichever listeners there are. */
export class Gateway {
  readonly manager: ConnectorProxyManager;
  readonly host: GatewayHost;
  readonly server: RequestServer;
  readonly notices: Notices;
  readonly watches: ResourceWatches;
  readonly levels: LogLevels;
  readonly latencies = new CallLatencies();
  readonly #held = new HeldCalls();
  readonly #features: FeatureLists;
  readonly #views = new Map<string, View>();
  readonly #singles = new Map<string, View>();
  readonly #options: GatewayOptions;
  readonly #sessionsOf = new Set<() => readonly ClientSession[]>();
  readonly #off: () => void;
  readonly #unobserve: () => void;
  readonly #closed = new AbortController();
  readonly #startedMs: number = monotonicMs();
  /** Whether an earlier run left tools to list. */
  readonly #isWarm: Promise<boolean>;
  #settled: Promise<void> | null = null;

  constructor(options: GatewayOptions) {
    const { manager, host, logger, separator, tools, routes } = options;
    this.#options = options;
    this.manager = manager;
    this.host = host;
    const calls = new CallsUnderWay();
    this.notices = new Notices(manager, calls);
    this.#isWarm = manager.restored().then(() => manager.listTools().length > 0);
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
    this.#off = manager.on('tools', ({ connectorId, added, removed }) => {
      for (const view of this.#views.values()) view.tools.changed(connectorId, added, removed);
    });
    const methods = createMethods({
      ...{ manager, calls, held: this.#held, latencies: this.latencies },
      settled: () => this.#listable(),
      ttlMs: () => this.#ttlMs(),
    });
    this.server = new RequestServer(methods, logger);
    host.askAmong({ calls, sessions: () => this.#sessions() });
    this.#unobserve = observeGateway(() => ({
      sessions: this.#sessions().length,
      requests: this.server.running,
      heldCalls: this.#held.size,
    }));
  }

  /** All connectors, or those of a further route; undefined if there is none of that name. */
  view(name = ''): View | undefined {
    return this.#views.get(name);
  }

  /** One connector alone, everything called as it calls it itself; undefined if there is none of that id. In the first moment of a cold start it is waited for. */
  async single(connectorId: string): Promise<View | undefined> {
    if (!this.manager.has(connectorId)) await this.#listable();
    if (!this.manager.has(connectorId)) return undefined;
    const known = this.#singles.get(connectorId);
    if (known !== undefined) return known;
    const names = createExposedNames(this.#options.separator);
    const route = singleRoute(connectorId, names, createNameFilter(this.#options.tools));
    const view = createView(this.manager, this.#features, route);
    const [oldest] = this.#singles.keys();
    if (this.#singles.size >= MAX_SINGLE_VIEWS && oldest !== undefined) this.#singles.delete(oldest);
    this.#singles.set(connectorId, view);
    return view;
  }

  /** Has the sessions of a listener be known to the gateway. */
  addSessions(sessions: () => readonly ClientSession[]): () => void {
    this.#sessionsOf.add(sessions);
    return () => void this.#sessionsOf.delete(sessions);
  }

  /** Resolves once no request is being served any more, at the latest after `deadlineMs`. */
  async drained(deadlineMs: number): Promise<void> {
    await settledWithin(this.server.idle(), deadlineMs);
  }

  /** Ends what clients have open; the manager is its caller's. Idempotent. */
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
    return [...this.#sessionsOf].flatMap((sessions) => sessions());
  }

  /**
   * What is remembered is listed some milliseconds after the start. Where nothing is, who asks in the first moment is not answered with an empty list while connectors come up: many
   * clients ask once.
   */
  #listable(): Promise<void> {
    this.#settled ??= this.#isWarm.then(async (isWarm) => {
      const left = COLD_LIST_MS - (monotonicMs() - this.#startedMs);
      if (isWarm || left <= 0) return;
      const synced = this.manager.sync().catch(() => {});
      await Promise.race([raceSignal(synced, this.#closed.signal), systemSleep(left, this.#closed.signal)]).catch(
        () => {
          // It was closed meanwhile.
        },
      );
    });
    return this.#settled;
  }

  /** While connectors come up, are down, or are not known yet, a list is about to be another one. */
  #ttlMs(): number {
    const counts = this.manager.countByState();
    const isSettled = ['connecting', 'backing-off'].every((state) => (counts.get(state as 'connecting') ?? 0) === 0);
    const areKnown = counts.values().some((count) => count > 0);
    return isSettled && areKnown ? LIST_TTL_MS : 0;
  }
}

function bothAllow(all: readonly string[], own: readonly string[]): ReturnType<typeof createNameFilter> {
  const [everywhere, here] = [createNameFilter(all), createNameFilter(own)];
  if (own.length === 0) return everywhere;
  return all.length === 0 ? here : (name) => everywhere(name) && here(name);
}
