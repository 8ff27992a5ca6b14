import type { Dispatcher } from 'undici';
import { SwitchyardError } from '../shared/errors.ts';
import type { LoadReport } from '../shared/protocol.ts';
import type { ConnectorEntry } from '../shared/service-map.ts';
import type { ConnectorSources } from './connector-sources.ts';
import { awaitReady, type ReadyOptions } from './connectors/await-ready.ts';
import type { ConnectionFacts, ToolResult } from './connectors/connection.ts';
import type { Connector } from './connectors/connector.ts';
import type { ConnectorIdentity } from './connectors/connector-deps.ts';
import { ConnectorSet } from './connectors/connector-set.ts';
import type { ConnectorState, Transition } from './connectors/connector-state.ts';
import { reportListFailure, reportTransition } from './connectors/report-transition.ts';
import type { JsonObject } from './connectors/streamable-http/json-rpc.ts';
import type { CallToolOptions, RequestOptions } from './connectors/tool-call.ts';
import { createLifelines } from './connectors/wiring.ts';
import { createSources, type MapChange } from './create-sources.ts';
import { EventHub, type ManagerEvents } from './events.ts';
import { createPublicAgent } from './http/address-guard.ts';
import { createMainAgent } from './http/main-agent.ts';
import { type ConnectorView, type ManagerStatus, viewConnector, viewManager } from './manager-status.ts';
import { rememberConnector } from './metrics/instruments.ts';
import { observeManager } from './metrics/observed-gauges.ts';
import { type ManagerOptions, type ResolvedOptions, resolveOptions } from './options.ts';
import { RefreshSchedules, relistAfterMs } from './refresh-schedules.ts';
import { createMapLoader, type MapLoader } from './service-map/map-loader.ts';
import { reportMap } from './service-map/report-map.ts';
import type { ToolInfo } from './snapshot/tool-info.ts';
import { createSync } from './sync-run.ts';
import { ToolRouter } from './tool-router.ts';
import { createToolSide, type ToolSide } from './tool-side.ts';
import { FirstSync } from './warm-start/first-sync.ts';
import { createHostMemory, type HostMemory } from './warm-start/host-memory.ts';

/** Loads remembered for `status()`. */
const LOADS_KEPT = 16;

/**
 * The façade: keeps the connectors of a signed service map, of a local file or of both up and calls their tools. It holds only what is in memory; maps are
 * fetched, proven and stored by other threads.
 */
export class ConnectorProxyManager implements AsyncDisposable {
  readonly #options: ResolvedOptions;
  readonly #agent: Dispatcher;
  readonly #publicAgent: Dispatcher | null;
  readonly #events: EventHub;
  readonly #memory: HostMemory;
  readonly #loader: MapLoader;
  readonly #sources: ConnectorSources;
  readonly #connectors: ConnectorSet;
  readonly #tools: ToolSide;
  readonly #router: ToolRouter;
  readonly #runSync: (force: boolean) => Promise<void>;
  readonly #firstSync: FirstSync;
  readonly #schedules: RefreshSchedules;
  readonly #unobserve: () => void;
  readonly #restored: Promise<void>;
  readonly #closed = new AbortController();
  #loads: readonly LoadReport[] = [];
  #closing: Promise<void> | null = null;

  /** Starts the timer of the background refresh and, with a `stateDir`, the reading of what is remembered; nothing else. Throws OPTIONS_INVALID, AGENT_INCOMPATIBLE. */
  constructor(options: ManagerOptions) {
    const resolved = resolveOptions(options);
    const { logger, limits, featureFlags } = resolved;
    this.#options = resolved;
    this.#agent = createMainAgent(resolved.network);
    this.#publicAgent = resolved.allowPrivateEndpoints ? null : createPublicAgent(resolved.network);
    this.#events = new EventHub(logger);
    this.#memory = createHostMemory(resolved, () => this.#firstSync.rest());
    this.#loader = createMapLoader({ ...resolved, mainAgent: this.#agent, mapCount: resolved.maps.length });
    this.#tools = createToolSide(resolved, {
      memory: this.#memory.tools,
      events: this.#events,
      brandOf: (entry) => this.#sources.brandOf(entry),
      callTool: (name, args) => this.callTool(name, args),
    });
    const agents = { agent: resolved.agent ?? this.#agent, publicAgent: this.#publicAgent };
    this.#connectors = new ConnectorSet({
      ...createLifelines(resolved, agents, this.#tools.eras, (entry) =>
        (this.#sources.originOf(entry)?.options ?? resolved).connectorsApiKey(),
      ),
      directory: { entry: (id) => this.#sources.entry(id), isWanted: (id) => this.#sources.isWanted(id) },
      relistAfterMs: () => relistAfterMs(resolved),
      now: () => resolved.clock.now(),
      random: resolved.random,
      callTimeoutMs: limits.callTimeoutMs,
      onCreated: (connector) => rememberConnector(connector.id),
      onTransition: (connector, transition) => this.#onTransition(connector, transition),
      ...(resolved.notifications && {
        onNotification: ({ id: connectorId }: ConnectorIdentity, method: string, params: JsonObject) =>
          this.#events.emit('notification', { connectorId, method, params }),
      }),
      onListFailed: (connector, error) => reportListFailure(logger, connector, error),
      onTools: (connector, tools, facts) => this.#tools.intake.take(connector, tools, facts),
      onToolsGone: ({ id }) => this.#tools.intake.gone(id),
    });
    this.#sources = createSources(resolved, {
      loader: this.#loader,
      memory: this.#memory.maps,
      onMap: (change) => this.#onMap(change),
      onFresh: (sourceId, holdsForMs) => this.#schedules.holdsFor(sourceId, holdsForMs),
      onLocal: (ids) => {
        this.#connectors.follow(ids);
        this.#dropUnknown();
      },
      onLoad: (report) => {
        this.#loads = [...this.#loads, report].slice(-LOADS_KEPT);
      },
    });
    const parts = { sources: this.#sources, connectors: this.#connectors, maps: this.#memory.maps };
    this.#runSync = createSync({ ...parts, syncDeadlineMs: limits.syncDeadlineMs, closed: this.#closed.signal });
    this.#firstSync = new FirstSync(
      () => this.#runSync(false),
      () => this.#sources.remembered(),
    );
    this.#router = new ToolRouter({
      tools: this.#tools.store,
      connectors: this.#connectors,
      firstSync: this.#firstSync,
      pins: this.#tools.pins,
      callTimeoutMs: limits.callTimeoutMs,
    });
    this.#schedules = new RefreshSchedules(resolved, this.#sources, async () => {
      await this.#sources.syncLocal(true);
      this.#connectors.retry();
    });
    if (featureFlags.asyncRefresh) this.#schedules.start();
    this.#restored = this.#memory.tools.restore((connector) => this.#tools.intake.restore(connector));
    void this.#revalidate();
    this.#unobserve = observeManager(() => ({
      sources: this.#sources.observe(),
      connectorsByState: this.#connectors.countByState(),
      queueLength: this.#loader.queueLength,
    }));
  }

  /**
   * Brings map and connectors up to date. Resolves when every enabled connector is up or has failed, or after `syncDeadlineMs`; the
   * rest goes on in the background. A connector's failure is its own. `force` asks for the map even while it is fresh, and has
   * connectors that are down try again.
   * Rejects with a ConnectorManifestError where no map is to be had (docs/service-map.md has the table), with CONFIG_INVALID where the local file was never
   * read, with CLOSED after `close()`.
   */
  async sync(force = false): Promise<void> {
    this.#firstSync.hurry();
    await this.#runSync(force);
  }

  /** The connectors of the current map, normalised, in map order; then those of the local file. */
  listConnectors(): ConnectorEntry[] {
    return this.#sources.entries();
  }

  /** The tools that can be called, ordered by name. Those of a connector that is only down stay. */
  listTools(): readonly ToolInfo[] {
    return this.#tools.store.list();
  }

  /**
   * Calls a tool by its namespaced name, waiting for its connector where that is just coming up. A tool that ran and failed
   * resolves with `isError`. Rejects with OPTIONS_INVALID, TOOL_UNKNOWN, CONNECTOR_REFUSED,
   * CONNECTOR_UNAVAILABLE, CONNECTOR_GONE, TOOL_CALL_REJECTED, TOOL_CALL_TIMEOUT, TOOL_CALL_ABORTED, TOOL_CALL_LOST or CLOSED.
   */
  async callTool(
    name: string,
    args: Readonly<Record<string, unknown>> = {},
    options: CallToolOptions = {},
  ): Promise<ToolResult> {
    this.#assertOpen();
    return this.#router.call(name, args, options);
  }

  /**
   * Sends any other MCP request to a connector, such as `prompts/get`, waiting for it where it is just coming up; resolves with the result as it was sent. Rejects with
   * CONNECTOR_UNKNOWN, or as {@link callTool} does.
   */
  async request(
    connectorId: string,
    method: string,
    params: JsonObject = {},
    options: RequestOptions = {},
  ): Promise<JsonObject> {
    return this.#known(connectorId).calls.request(method, params, options);
  }

  /**
   * Has a connector tell when a resource changes, by `notification` events (with the option `notifications`), until its connection ends or the returned function is called.
   * Rejects as {@link request} does.
   */
  async watchResource(connectorId: string, uri: string, options: RequestOptions = {}): Promise<() => void> {
    return this.#known(connectorId).calls.watchResource(uri, options);
  }

  /** What the handshake with a connector found out; null while it is not up. */
  facts(connectorId: string): ConnectionFacts | null {
    return this.#connectors.get(connectorId)?.facts ?? null;
  }

  /** One of the tools that are listed, by its namespaced name. */
  tool(name: string): ToolInfo | undefined {
    return this.#tools.store.get(name);
  }

  /** How many connectors are in each state. */
  countByState(): ReadonlyMap<ConnectorState, number> {
    return this.#connectors.countByState();
  }

  /** Resolves once the tools of an earlier run are listed, some milliseconds after construction; at once without a `stateDir`. Never rejects. */
  restored(): Promise<void> {
    return this.#restored;
  }

  /** Reads the local file and the registry anew; connectors of which they say what they said stay as they are. Rejects as {@link sync} does for those. */
  async reload(): Promise<void> {
    this.#assertOpen();
    await this.#sources.syncLocal(true);
  }

  /** One connector: its entry, normalised and as it was sent, and how it is doing. Undefined if the map has none of that id. */
  connector(id: string): ConnectorView | undefined {
    return viewConnector(id, this.#sources, this.#connectors);
  }

  /**
   * Resolves once a connector is up: the one of that id, the first of them (`any`), or all that the map enables (`all`). It does not sync.
   * Rejects with CONNECTOR_UNKNOWN, CONNECTOR_TIMEOUT naming what is not up, or CLOSED.
   */
  async ready(target: 'any' | 'all' | (string & {}), options: ReadyOptions = {}): Promise<void> {
    this.#assertOpen();
    await awaitReady(target, options, {
      isKnown: () => this.#sources.isKnown,
      stateOf: (id) => this.#stateOf(id),
      counts: () => this.#connectors.countByState(),
      states: () => this.#sources.entries().map(({ id }) => [id, this.#stateOf(id) ?? 'connecting'] as const),
      onChange: (callback) => {
        const stops = [this.on('connector', callback), this.on('snapshot', callback)];
        return () => stops.forEach((stop) => void stop());
      },
      closed: this.#closed.signal,
    });
  }

  /**
   * Takes the definitions that changed tools have now for the right ones: those of these names, or of all. Resolves with the names of those that it did.
   * Rejects with CLOSED.
   */
  async approveTools(names: readonly string[] | null = null): Promise<readonly string[]> {
    this.#assertOpen();
    return this.#tools.intake.approve(names);
  }

  /** How everything is doing, as plain data. */
  status(): ManagerStatus {
    return viewManager({
      sources: this.#sources,
      connectors: this.#connectors,
      memory: this.#memory,
      tools: this.#tools,
      loads: this.#loads,
      isClosed: this.#closing !== null,
    });
  }

  /** Listens to changes of the map (`snapshot`), of connectors (`connector`), of tools (`tools`, `tool-changed`) or to what connectors say (`notification`); the returned function stops it. */
  on<K extends keyof ManagerEvents>(name: K, listener: (event: ManagerEvents[K]) => void): () => void {
    return this.#events.on(name, listener);
  }

  /** Ends everything: refresh, loads, calls, sessions, threads. Whatever is pending settles. Idempotent; never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** The name of {@link close} in the manager that this one replaces. */
  disconnect(): Promise<void> {
    return this.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const reason = new SwitchyardError('CLOSED', 'The manager was closed.');
    this.#schedules.stop();
    this.#unobserve();
    this.#tools.intake.close();
    this.#closed.abort(reason);
    await Promise.all([this.#sources.close(reason), this.#connectors.close(reason)]);
    await Promise.all([this.#loader.close(), this.#memory.close()]);
    await Promise.all([this.#agent.destroy(), this.#publicAgent?.destroy()]);
    this.#events.clear();
  }

  /** Sees to what of that which is remembered still is so. Never rejects. */
  async #revalidate(): Promise<void> {
    await this.#restored;
    if (this.#options.featureFlags.asyncRefresh && this.#tools.intake.staleIds.size > 0) await this.#firstSync.run();
  }

  #dropUnknown(): void {
    if (this.#sources.isKnown) this.#tools.intake.dropUnknown((id) => this.#sources.endpointOf(id));
  }

  #known(connectorId: string): Connector {
    this.#assertOpen();
    const connector = this.#connectors.find(connectorId);
    if (connector === undefined)
      throw new SwitchyardError('CONNECTOR_UNKNOWN', `There is no connector "${connectorId}".`);
    return connector;
  }

  #assertOpen(): void {
    if (this.#closing !== null) throw new SwitchyardError('CLOSED', 'The manager was closed.');
  }

  #onMap({ sourceId, snapshot, delta, isRebranded }: MapChange): void {
    const { added, changed, removed } = delta;
    const { revision, size } = snapshot;
    reportMap(this.#options.logger, { sourceId, revision, size, delta, contests: this.#sources.contests(added) });
    this.#connectors.follow([...removed, ...changed, ...(isRebranded ? snapshot.ids : [])], added);
    this.#dropUnknown();
    this.#events.emit('snapshot', { sourceId, revision, added, changed, removed });
  }

  /** The state of a connector; one that was not taken up yet is about to connect. Undefined if there is none of that id. */
  #stateOf(id: string): ConnectorState | undefined {
    const isWanted = this.#sources.isWanted(id);
    if (isWanted === null) return undefined;
    return this.#connectors.get(id)?.state ?? (isWanted ? 'connecting' : 'disabled');
  }

  #onTransition(connector: ConnectorIdentity, transition: Transition): void {
    reportTransition(this.#options.logger, connector, transition);
    const { from, to, why, at } = transition;
    this.#events.emit('connector', { connectorId: connector.id, from, to, why, at });
  }
}
