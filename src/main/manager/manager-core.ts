import type { Dispatcher } from 'undici';
import { SwitchyardError } from '../../shared/errors.ts';
import type { LoadReport } from '../../shared/protocol/thread-messages.ts';
import type { ConnectorIdentity } from '../connectors/connector-deps.ts';
import { ConnectorSet } from '../connectors/connector-set.ts';
import type { ConnectorState, Transition } from '../connectors/connector-state.ts';
import { createPublicAgent } from '../http/address-guard.ts';
import { createMainAgent } from '../http/main-agent.ts';
import type { JsonObject } from '../mcp/json-rpc.ts';
import { rememberConnector } from '../observability/instruments.ts';
import { observeManager } from '../observability/observed-gauges.ts';
import type { ResolvedOptions } from '../options/options.ts';
import { createMapLoader, type MapLoader } from '../service-map/loading/map-loader.ts';
import type { ConnectorSources } from '../sources/connector-sources.ts';
import { createSources, type MapChange } from '../sources/create-sources.ts';
import { reportMap } from '../sources/report-map.ts';
import { createHostMemory, type HostMemory } from '../state-dir/open-state-dir.ts';
import { RefreshSchedules, relistAfterMs } from './background-refresh.ts';
import { ToolRouter } from './calls/tool-router.ts';
import { createLifelines } from './connector-wiring.ts';
import { createToolSide, type ToolSide } from './create-tools.ts';
import { EventHub } from './events.ts';
import { reportListFailure, reportTransition } from './report-transition.ts';
import { createSync, FirstSync } from './sync.ts';

/** Loads remembered for `status()`. */
const LOADS_KEPT = 16;

/** The parts of a manager, put together: who tells whom of what, and who ends first. */
export class ManagerCore {
  readonly options: ResolvedOptions;
  readonly #agent: Dispatcher;
  readonly #publicAgent: Dispatcher | null;
  readonly events: EventHub;
  readonly memory: HostMemory;
  readonly loader: MapLoader;
  readonly sources: ConnectorSources;
  readonly connectors: ConnectorSet;
  readonly tools: ToolSide;
  readonly router: ToolRouter;
  readonly runSync: (force: boolean) => Promise<void>;
  readonly firstSync: FirstSync;
  readonly #schedules: RefreshSchedules;
  readonly #unobserve: () => void;
  readonly restored: Promise<void>;
  readonly closed = new AbortController();
  loads: readonly LoadReport[] = [];
  #closing: Promise<void> | null = null;

  /** Starts the timer of the background refresh and, with a `stateDir`, the reading of what is remembered; nothing else. */
  constructor(resolved: ResolvedOptions) {
    const { logger, limits, featureFlags } = resolved;
    this.options = resolved;
    this.#agent = createMainAgent(resolved.network);
    this.#publicAgent = resolved.allowPrivateEndpoints ? null : createPublicAgent(resolved.network);
    this.events = new EventHub(logger);
    this.memory = createHostMemory(resolved, () => this.firstSync.rest());
    this.loader = createMapLoader({ ...resolved, mainAgent: this.#agent, mapCount: resolved.maps.length });
    this.tools = createToolSide(resolved, {
      memory: this.memory.tools,
      events: this.events,
      brandOf: (entry) => this.sources.brandOf(entry),
      callTool: async (name, args) => {
        this.assertOpen();
        return this.router.call(name, args, {});
      },
    });
    const agents = { agent: resolved.agent ?? this.#agent, publicAgent: this.#publicAgent };
    this.connectors = new ConnectorSet({
      ...createLifelines(resolved, agents, this.tools.eras, (entry) =>
        (this.sources.originOf(entry)?.options ?? resolved).connectorsApiKey(),
      ),
      directory: { entry: (id) => this.sources.entry(id), isWanted: (id) => this.sources.isWanted(id) },
      relistAfterMs: () => relistAfterMs(resolved),
      now: () => resolved.clock.now(),
      random: resolved.random,
      callTimeoutMs: limits.callTimeoutMs,
      onCreated: (connector) => rememberConnector(connector.id),
      onTransition: (connector, transition) => this.#onTransition(connector, transition),
      ...(resolved.notifications && {
        onNotification: ({ id: connectorId }: ConnectorIdentity, method: string, params: JsonObject) =>
          this.events.emit('notification', { connectorId, method, params }),
      }),
      onListFailed: (connector, error) => reportListFailure(logger, connector, error),
      onTools: (connector, tools, facts) => this.tools.intake.take(connector, tools, facts),
      onToolsGone: ({ id }) => this.tools.intake.gone(id),
    });
    this.sources = createSources(resolved, {
      loader: this.loader,
      memory: this.memory.maps,
      onMap: (change) => this.#onMap(change),
      onFresh: (sourceId, holdsForMs) => this.#schedules.holdsFor(sourceId, holdsForMs),
      onLocal: (ids) => {
        this.connectors.follow(ids);
        this.#dropUnknown();
      },
      onLoad: (report) => {
        this.loads = [...this.loads, report].slice(-LOADS_KEPT);
      },
    });
    const parts = { sources: this.sources, connectors: this.connectors, maps: this.memory.maps };
    this.runSync = createSync({ ...parts, syncDeadlineMs: limits.syncDeadlineMs, closed: this.closed.signal });
    this.firstSync = new FirstSync(
      () => this.runSync(false),
      () => this.sources.remembered(),
    );
    this.router = new ToolRouter({
      tools: this.tools.store,
      connectors: this.connectors,
      firstSync: this.firstSync,
      pins: this.tools.pins,
      callTimeoutMs: limits.callTimeoutMs,
    });
    this.#schedules = new RefreshSchedules(resolved, this.sources, async () => {
      await this.sources.syncLocal(true);
      this.connectors.retry();
    });
    if (featureFlags.asyncRefresh) this.#schedules.start();
    this.restored = this.memory.tools.restore((connector) => this.tools.intake.restore(connector));
    void this.#revalidate();
    this.#unobserve = observeManager(() => ({
      sources: this.sources.observe(),
      connectorsByState: this.connectors.countByState(),
      queueLength: this.loader.queueLength,
    }));
  }

  get isClosed(): boolean {
    return this.#closing !== null;
  }

  /** Throws CLOSED once it is closed. */
  assertOpen(): void {
    if (this.isClosed) throw new SwitchyardError('CLOSED', 'The manager was closed.');
  }

  /** The contract is that of `ConnectorProxyManager.close`. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** The state of a connector; one that was not taken up yet is about to connect. Undefined if there is none of that id. */
  stateOf(id: string): ConnectorState | undefined {
    const isWanted = this.sources.isWanted(id);
    if (isWanted === null) return undefined;
    return this.connectors.get(id)?.state ?? (isWanted ? 'connecting' : 'disabled');
  }

  async #close(): Promise<void> {
    const reason = new SwitchyardError('CLOSED', 'The manager was closed.');
    this.#schedules.stop();
    this.#unobserve();
    this.tools.intake.close();
    this.closed.abort(reason);
    await Promise.all([this.sources.close(reason), this.connectors.close(reason)]);
    await Promise.all([this.loader.close(), this.memory.close()]);
    await Promise.all([this.#agent.destroy(), this.#publicAgent?.destroy()]);
    this.events.clear();
  }

  /** Sees to what of that which is remembered still is so. Never rejects. */
  async #revalidate(): Promise<void> {
    await this.restored;
    if (this.options.featureFlags.asyncRefresh && this.tools.intake.staleIds.size > 0) await this.firstSync.run();
  }

  #dropUnknown(): void {
    if (this.sources.isKnown) this.tools.intake.dropUnknown((id) => this.sources.endpointOf(id));
  }

  #onMap({ sourceId, snapshot, delta, isRebranded }: MapChange): void {
    const { added, changed, removed } = delta;
    const { revision, size } = snapshot;
    reportMap(this.options.logger, { sourceId, revision, size, delta, contests: this.sources.contests(added) });
    this.connectors.follow([...removed, ...changed, ...(isRebranded ? snapshot.ids : [])], added);
    this.#dropUnknown();
    this.events.emit('snapshot', { sourceId, revision, added, changed, removed });
  }

  #onTransition(connector: ConnectorIdentity, transition: Transition): void {
    reportTransition(this.options.logger, connector, transition);
    const { from, to, why, at } = transition;
    this.events.emit('connector', { connectorId: connector.id, from, to, why, at });
  }
}
