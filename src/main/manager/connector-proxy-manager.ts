import { SwitchyardError } from '../../shared/errors.ts';
import type { ConnectorEntry } from '../../shared/map/service-map.ts';
import type { CallToolOptions, RequestOptions } from '../connectors/calls/call-options.ts';
import type { ConnectionFacts } from '../connectors/connection/connection.ts';
import type { Connector } from '../connectors/connector.ts';
import type { ConnectorState } from '../connectors/connector-state.ts';
import type { JsonObject } from '../mcp/json-rpc.ts';
import type { ToolResult } from '../mcp/tool-result.ts';
import { type ManagerOptions, resolveOptions } from '../options/options.ts';
import type { ToolInfo } from '../tools/tool-info.ts';
import { awaitReady, type ReadyOptions } from './await-ready.ts';
import type { ManagerEvents } from './events.ts';
import { ManagerCore } from './manager-core.ts';
import { type ConnectorView, type ManagerStatus, viewConnector, viewManager } from './manager-status.ts';

/**
 * The façade: keeps the connectors of a signed service map, of a local file or of both up and calls their tools. It holds only what is in memory; maps are
 * fetched, proven and stored by other threads.
 */
export class ConnectorProxyManager implements AsyncDisposable {
  readonly #core: ManagerCore;

  /** Starts the timer of the background refresh and, with a `stateDir`, the reading of what is remembered; nothing else. Throws OPTIONS_INVALID, AGENT_INCOMPATIBLE. */
  constructor(options: ManagerOptions) {
    this.#core = new ManagerCore(resolveOptions(options));
  }

  /**
   * Brings map and connectors up to date. Resolves when every enabled connector is up or has failed, or after `syncDeadlineMs`; the
   * rest goes on in the background. A connector's failure is its own. `force` asks for the map even while it is fresh, and has
   * connectors that are down try again.
   * Rejects with a ConnectorManifestError where no map is to be had (docs/service-map.md has the table), with CONFIG_INVALID where the local file was never
   * read, with CLOSED after `close()`.
   */
  async sync(force = false): Promise<void> {
    this.#core.firstSync.hurry();
    await this.#core.runSync(force);
  }

  /** The connectors of the current map, normalised, in map order; then those of the local file. */
  listConnectors(): ConnectorEntry[] {
    return this.#core.sources.entries();
  }

  /** The tools that can be called, ordered by name. Those of a connector that is only down stay. */
  listTools(): readonly ToolInfo[] {
    return this.#core.tools.store.list();
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
    this.#core.assertOpen();
    return this.#core.router.call(name, args, options);
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

  /** Whether there is a connector of that id, enabled or not. */
  has(connectorId: string): boolean {
    return this.#core.sources.isWanted(connectorId) !== null;
  }

  /** What the handshake with a connector found out; null while it is not up. */
  facts(connectorId: string): ConnectionFacts | null {
    return this.#core.connectors.get(connectorId)?.facts ?? null;
  }

  /** One of the tools that are listed, by its namespaced name. */
  tool(name: string): ToolInfo | undefined {
    return this.#core.tools.store.get(name);
  }

  /** How many connectors are in each state. */
  countByState(): ReadonlyMap<ConnectorState, number> {
    return this.#core.connectors.countByState();
  }

  /** Resolves once the tools of an earlier run are listed, some milliseconds after construction; at once without a `stateDir`. Never rejects. */
  restored(): Promise<void> {
    return this.#core.restored;
  }

  /** Reads the local file and the registry anew; connectors of which they say what they said stay as they are. Rejects as {@link sync} does for those. */
  async reload(): Promise<void> {
    this.#core.assertOpen();
    await this.#core.sources.syncLocal(true);
  }

  /** One connector: its entry, normalised and as it was sent, and how it is doing. Undefined if the map has none of that id. */
  connector(id: string): ConnectorView | undefined {
    return viewConnector(id, this.#core.sources, this.#core.connectors);
  }

  /**
   * Resolves once a connector is up: the one of that id, the first of them (`any`), or all that the map enables (`all`). It does not sync.
   * Rejects with CONNECTOR_UNKNOWN, CONNECTOR_TIMEOUT naming what is not up, or CLOSED.
   */
  async ready(target: 'any' | 'all' | (string & {}), options: ReadyOptions = {}): Promise<void> {
    this.#core.assertOpen();
    await awaitReady(target, options, {
      isKnown: () => this.#core.sources.isKnown,
      stateOf: (id) => this.#core.stateOf(id),
      counts: () => this.#core.connectors.countByState(),
      states: () => this.#core.sources.entries().map(({ id }) => [id, this.#core.stateOf(id) ?? 'connecting'] as const),
      onChange: (callback) => {
        const stops = [this.on('connector', callback), this.on('snapshot', callback)];
        return () => stops.forEach((stop) => void stop());
      },
      closed: this.#core.closed.signal,
    });
  }

  /**
   * Takes the definitions that changed tools have now for the right ones: those of these names, or of all. Resolves with the names of those that it did.
   * Rejects with CLOSED.
   */
  async approveTools(names: readonly string[] | null = null): Promise<readonly string[]> {
    this.#core.assertOpen();
    return this.#core.tools.intake.approve(names);
  }

  /** How everything is doing, as plain data. */
  status(): ManagerStatus {
    return viewManager({
      sources: this.#core.sources,
      connectors: this.#core.connectors,
      memory: this.#core.memory,
      tools: this.#core.tools,
      loads: this.#core.loads,
      isClosed: this.#core.isClosed,
    });
  }

  /** Listens to changes of the map (`snapshot`), of connectors (`connector`), of tools (`tools`, `tool-changed`) or to what connectors say (`notification`); the returned function stops it. */
  on<K extends keyof ManagerEvents>(name: K, listener: (event: ManagerEvents[K]) => void): () => void {
    return this.#core.events.on(name, listener);
  }

  /** Ends everything: refresh, loads, calls, sessions, threads. Whatever is pending settles. Idempotent; never rejects. */
  close(): Promise<void> {
    return this.#core.close();
  }

  /** The name of {@link close} in the manager that this one replaces. */
  disconnect(): Promise<void> {
    return this.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #known(connectorId: string): Connector {
    this.#core.assertOpen();
    const connector = this.#core.connectors.find(connectorId);
    if (connector === undefined)
      throw new SwitchyardError('CONNECTOR_UNKNOWN', `There is no connector "${connectorId}".`);
    return connector;
  }
}
