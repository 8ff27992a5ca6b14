import { SwitchyardError } from '../../shared/errors.ts';
import type { ConnectorEntry } from '../../shared/map/service-map.ts';
import type { CallToolOptions, RequestOptions } from '../connectors/calls/call-options.ts';
import type { ConnectionFacts } from '../connectors/connection/connection.ts';
import type { Connector } from '../connectors/connector.ts';
import type { ConnectorState } from '../connectors/connector-state.ts';
import type { LoginSummary, StartedLogin, StartLoginOptions } from '../connectors/credentials/logins/login-service.ts';
import type { JsonObject } from '../mcp/json-rpc.ts';
import type { ToolResult } from '../mcp/tool-result.ts';
import type { ManagerOptions } from '../options/manager-options.ts';
import { resolveOptions } from '../options/options.ts';
import type { DroppedDefinitions } from '../tools/dropped-definitions.ts';
import type { ToolInfo } from '../tools/tool-info.ts';
import { awaitReady, type ReadyOptions, readyViewOf } from './await-ready.ts';
import { buildManager, type ManagerParts } from './build-manager.ts';
import type { ManagerEvents } from './events.ts';
import { type ConnectorView, type ManagerStatus, viewConnector, viewManager } from './manager-status.ts';
import { noteFleet, noteStartImage } from './parts-of.ts';

/**
 * Keeps connectors up and calls their tools. Connectors come from signed service maps, a local file and a registry.
 * This façade only holds state in memory: worker threads fetch, verify and store maps.
 */
export class ConnectorProxyManager implements AsyncDisposable {
  readonly #parts: ManagerParts;

  /**
   * Starts the timers of the background refresh and, with a `stateDir`, reads the remembered state; nothing else.
   * Throws OPTIONS_INVALID or AGENT_INCOMPATIBLE.
   */
  constructor(options: ManagerOptions) {
    this.#parts = buildManager(resolveOptions(options));
    noteFleet(this, this.#parts.fleet);
    noteStartImage(this, this.#parts.memory.image);
  }

  /**
   * Brings maps and connectors up to date. Resolves when every enabled connector is up or has failed, or after
   * `syncDeadlineMs`; unfinished work continues in the background. A connector that fails does not fail the sync.
   * `force` also fetches maps that are still fresh, and reconnects connectors that are down.
   * Rejects with a ConnectorManifestError if there is no map to serve (docs/refreshing.md has the table), with
   * CONFIG_INVALID if the local file was never read, with CLOSED after `close()`.
   */
  async sync(force = false): Promise<void> {
    this.#parts.quiet.hurry();
    await this.#parts.runSync(force);
  }

  /**
   * Lists the connectors of the current maps, normalised, in map order; then the connectors of the registry and of the
   * local file.
   */
  listConnectors(): ConnectorEntry[] {
    return this.#parts.sources.entries();
  }

  /** Lists the tools that can be called, ordered by name. The tools of a connector that is only down stay listed. */
  listTools(): readonly ToolInfo[] {
    return this.#parts.tools.store.list();
  }

  /**
   * Calls a tool by its namespaced name. Waits for its connector if the connector is coming up. Resolves with `isError`
   * if the tool ran and failed. Rejects with OPTIONS_INVALID, TOOL_UNKNOWN, TOOL_CHANGED, TOOL_NOT_APPROVED,
   * CONNECTOR_REFUSED, CONNECTOR_UNAVAILABLE, CONNECTOR_GONE, TOOL_CALL_REJECTED, TOOL_CALL_TIMEOUT, TOOL_CALL_ABORTED,
   * TOOL_CALL_LOST or CLOSED.
   */
  async callTool(
    name: string,
    args: Readonly<Record<string, unknown>> = {},
    options: CallToolOptions = {},
  ): Promise<ToolResult> {
    this.#parts.assertOpen();
    return this.#parts.router.call(name, args, options);
  }

  /**
   * Sends any other MCP request to a connector, such as `prompts/get`. Waits for the connector if it is coming up.
   * Resolves with the result exactly as the connector sent it.
   * Rejects with CONNECTOR_UNKNOWN, or as {@link callTool} does.
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
   * Subscribes to changes of a resource. With the option `notifications`, each change is a `notification` event, until
   * the connection ends or the returned function is called.
   * Rejects as {@link request} does.
   */
  async watchResource(connectorId: string, uri: string, options: RequestOptions = {}): Promise<() => void> {
    return this.#known(connectorId).calls.watchResource(uri, options);
  }

  /** Whether a connector with this id exists, enabled or not. */
  has(connectorId: string): boolean {
    return this.#parts.sources.isWanted(connectorId) !== null;
  }

  /** Returns the facts that the handshake with a connector found out; null while the connector is not up. */
  facts(connectorId: string): ConnectionFacts | null {
    return this.#parts.connectors.get(connectorId)?.facts ?? null;
  }

  /** Returns one of the listed tools, by its namespaced name. */
  tool(name: string): ToolInfo | undefined {
    return this.#parts.tools.store.get(name);
  }

  /** The definitions that are left out of lists. A gateway adds the definitions that it leaves out itself. */
  get droppedDefinitions(): DroppedDefinitions {
    return this.#parts.tools.dropped;
  }

  /** Returns the number of connectors in each state. */
  countByState(): ReadonlyMap<ConnectorState, number> {
    return this.#parts.connectors.countByState();
  }

  /**
   * Resolves once the tools of an earlier run are listed, shortly after construction; at once without a `stateDir`.
   * Never rejects.
   */
  restored(): Promise<void> {
    return this.#parts.restored;
  }

  /**
   * Reads the local file and the registry again. Connectors whose entries did not change stay connected.
   * Rejects as {@link sync} does for these two sources.
   */
  async reload(): Promise<void> {
    this.#parts.assertOpen();
    await this.#parts.sources.syncLocal(true);
  }

  /**
   * Returns one connector: its normalised entry, its original entry, and its status. Undefined if the id is unknown.
   */
  connector(id: string): ConnectorView | undefined {
    return viewConnector(id, this.#parts.sources, this.#parts.connectors);
  }

  /**
   * Resolves once the connector with this id is up, or any connector (`any`), or every enabled connector (`all`). It
   * does not sync. A single connector that has not started yet starts at once. Rejects with CONNECTOR_UNKNOWN, with
   * CONNECTOR_TIMEOUT naming the connectors that are not up, or with CLOSED.
   */
  async ready(target: 'any' | 'all' | (string & {}), options: ReadyOptions = {}): Promise<void> {
    this.#parts.assertOpen();
    await awaitReady(target, options, readyViewOf(this.#parts));
  }

  /**
   * Approves the present definitions of changed tools: of the named tools, or of all changed tools (null). Resolves
   * with the names of the approved tools. Rejects with CLOSED.
   */
  async approveTools(names: readonly string[] | null = null): Promise<readonly string[]> {
    this.#parts.assertOpen();
    return this.#parts.tools.intake.approve(names);
  }

  /**
   * Prepares a login to a connector. Send the person to `authorizationUrl`: it is valid for 10 minutes, and in this
   * process only.
   * Rejects with CONNECTOR_UNKNOWN, OPTIONS_INVALID, LOGIN_UNSUPPORTED, LOGIN_CLIENT_UNKNOWN, LOGIN_SECRET_MISSING,
   * LOGIN_METADATA_INVALID, LOGIN_FAILED, CONNECTOR_ADDRESS_REFUSED or CLOSED.
   */
  async startLogin(connectorId: string, options: StartLoginOptions): Promise<StartedLogin> {
    this.#parts.assertOpen();
    return this.#parts.logins.start(connectorId, options);
  }

  /**
   * Takes the parameters of the redirect that ended the person's login, and stores the tokens. The connector then
   * connects by itself. Rejects with LOGIN_EXPIRED, LOGIN_FAILED, LOGIN_METADATA_INVALID or CLOSED.
   */
  async finishLogin(parameters: URLSearchParams): Promise<{ readonly connectorId: string }> {
    this.#parts.assertOpen();
    return this.#parts.logins.finish(parameters);
  }

  /**
   * Revokes the tokens of a connector if its issuer supports that, and forgets them. Resolves with false if there were
   * no tokens. Rejects with CONNECTOR_UNKNOWN, LOGIN_UNSUPPORTED, a STORE_… code or CLOSED.
   */
  async logout(connectorId: string): Promise<boolean> {
    this.#parts.assertOpen();
    return this.#parts.logins.logout(connectorId);
  }

  /** Lists the logins of the enabled connectors that have or need a login. Rejects with CLOSED. */
  async logins(): Promise<readonly LoginSummary[]> {
    this.#parts.assertOpen();
    return this.#parts.logins.list();
  }

  /** Returns the state of the whole manager, as plain data. */
  status(): ManagerStatus {
    return viewManager(this.#parts);
  }

  /**
   * Listens to changes of a map (`snapshot`), a connector (`connector`) or tools (`tools`, `tool-changed`), or to
   * notifications of connectors (`notification`). The returned function removes the listener.
   */
  on<K extends keyof ManagerEvents>(name: K, listener: (event: ManagerEvents[K]) => void): () => void {
    return this.#parts.events.on(name, listener);
  }

  /**
   * Closes everything: refreshes, loads, calls, sessions, threads. Every pending promise settles. Idempotent; never
   * rejects.
   */
  close(): Promise<void> {
    return this.#parts.close();
  }

  /** Same as {@link close}, under its name in the manager that this class replaces. */
  disconnect(): Promise<void> {
    return this.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #known(connectorId: string): Connector {
    this.#parts.assertOpen();
    const connector = this.#parts.connectors.find(connectorId);
    if (connector === undefined)
      throw new SwitchyardError('CONNECTOR_UNKNOWN', `There is no connector "${connectorId}".`);
    return connector;
  }
}
