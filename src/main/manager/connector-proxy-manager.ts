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
 * Keeps connectors connected, and calls their tools. Connectors come from signed service maps, local files and a
 * registry. This class keeps its state in memory. Worker threads fetch, verify and store the maps.
 */
export class ConnectorProxyManager implements AsyncDisposable {
  readonly #parts: ManagerParts;

  /**
   * Creates a manager. Starts the timers of the background refresh, joins the fleet if there is one and, with a
   * `stateDir`, starts to read the remembered state. Does nothing else. Throws OPTIONS_INVALID or AGENT_INCOMPATIBLE.
   */
  constructor(options: ManagerOptions) {
    this.#parts = buildManager(resolveOptions(options));
    noteFleet(this, this.#parts.fleet);
    noteStartImage(this, this.#parts.memory.image);
  }

  /**
   * Updates maps and connectors. Resolves when every enabled connector is up or has failed, or after `syncDeadlineMs`;
   * unfinished work continues in the background. A connector that fails does not fail the sync. `force` also fetches
   * maps that are still fresh, and reconnects connectors that are down. Rejects with a ConnectorManifestError if there
   * is no map to serve (docs/refreshing.md lists the cases). Rejects with CONFIG_INVALID if a local file has never been
   * read successfully, and with CLOSED after `close()`.
   */
  async sync(force = false): Promise<void> {
    this.#parts.quiet.hurry();
    await this.#parts.runSync(force);
  }

  /**
   * Lists the normalized entries of all connectors: first those of the current maps, in map order, then those of the
   * registry and of local files.
   */
  listConnectors(): ConnectorEntry[] {
    return this.#parts.sources.entries();
  }

  /** Lists the tools that can be called, ordered by name. While a connector is down, its tools stay listed. */
  listTools(): readonly ToolInfo[] {
    return this.#parts.tools.store.list();
  }

  /**
   * Calls a tool by its full name (`connector.tool`). Waits for the connector if it is still connecting. Resolves with
   * a result that has `isError` if the tool ran and failed. Rejects with OPTIONS_INVALID, TOOL_UNKNOWN, TOOL_CHANGED,
   * TOOL_NOT_APPROVED, CONNECTOR_REFUSED, CONNECTOR_UNAVAILABLE, CONNECTOR_GONE, TOOL_CALL_REJECTED, TOOL_CALL_TIMEOUT,
   * TOOL_CALL_ABORTED, TOOL_CALL_LOST or CLOSED.
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
   * Sends an MCP request other than a tool call to a connector, such as `prompts/get`. Waits for the connector if it is
   * still connecting. Resolves with the unchanged result from the connector. Rejects with CONNECTOR_UNKNOWN, or as
   * {@link callTool} does.
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
   * Subscribes to changes of a resource. With the option `notifications`, each change becomes a `notification` event,
   * until the connection ends or the returned function is called. Rejects as {@link request} does.
   */
  async watchResource(connectorId: string, uri: string, options: RequestOptions = {}): Promise<() => void> {
    return this.#known(connectorId).calls.watchResource(uri, options);
  }

  /** Whether a connector with this id exists, enabled or not. */
  has(connectorId: string): boolean {
    return this.#parts.sources.isWanted(connectorId) !== null;
  }

  /**
   * Returns the facts from the handshake with a connector, such as the server's capabilities. Null while the connector
   * is not up.
   */
  facts(connectorId: string): ConnectionFacts | null {
    return this.#parts.connectors.get(connectorId)?.facts ?? null;
  }

  /** Returns a listed tool by its full name (`connector.tool`); undefined if no such tool is listed. */
  tool(name: string): ToolInfo | undefined {
    return this.#parts.tools.store.get(name);
  }

  /** The definitions that are left out of lists. A gateway adds to them the definitions that it leaves out itself. */
  get droppedDefinitions(): DroppedDefinitions {
    return this.#parts.tools.dropped;
  }

  /** Returns the number of connectors in each state. */
  countByState(): ReadonlyMap<ConnectorState, number> {
    return this.#parts.connectors.countByState();
  }

  /**
   * Resolves once the tools that an earlier run remembered are listed, which is shortly after construction. Without a
   * `stateDir`, resolves immediately. Never rejects.
   */
  restored(): Promise<void> {
    return this.#parts.restored;
  }

  /**
   * Reads the local files and the registry again. Connectors whose entries did not change stay connected. Rejects as
   * {@link sync} does for these two kinds of sources.
   */
  async reload(): Promise<void> {
    this.#parts.assertOpen();
    await this.#parts.sources.syncLocal(true);
  }

  /**
   * Returns one connector: its normalized entry, its entry as the source has it, and its status. Undefined if the id is
   * unknown.
   */
  connector(id: string): ConnectorView | undefined {
    return viewConnector(id, this.#parts.sources, this.#parts.connectors);
  }

  /**
   * Resolves once the connector with this id is up. `any` waits for any connector, and `all` for every enabled
   * connector. For a connector whose id may be `any` or `all`, give `{ connectorId }`. Does not sync. A single
   * connector starts to connect immediately if it has not started yet. Rejects with CONNECTOR_UNKNOWN,
   * CONNECTOR_TIMEOUT or CLOSED. The message of CONNECTOR_TIMEOUT lists the connectors that are not up.
   */
  async ready(
    target: 'any' | 'all' | (string & {}) | { readonly connectorId: string },
    options: ReadyOptions = {},
  ): Promise<void> {
    this.#parts.assertOpen();
    await awaitReady(target, options, readyViewOf(this.#parts));
  }

  /**
   * Approves the current definitions of the tools in `names`. If `names` is null, approves those of all changed tools.
   * Resolves with the names of the tools that were approved. Rejects with CLOSED.
   */
  async approveTools(names: readonly string[] | null = null): Promise<readonly string[]> {
    this.#parts.assertOpen();
    return this.#parts.tools.intake.approve(names);
  }

  /**
   * Prepares a login to a connector. The person must then open `authorizationUrl`, which is valid for 10 minutes. Only
   * this process can finish the login. Rejects with CONNECTOR_UNKNOWN, OPTIONS_INVALID, LOGIN_UNSUPPORTED,
   * LOGIN_CLIENT_UNKNOWN, LOGIN_SECRET_MISSING, LOGIN_METADATA_INVALID, LOGIN_FAILED, CONNECTOR_ADDRESS_REFUSED or
   * CLOSED.
   */
  async startLogin(connectorId: string, options: StartLoginOptions): Promise<StartedLogin> {
    this.#parts.assertOpen();
    return this.#parts.logins.start(connectorId, options);
  }

  /**
   * Finishes a login with the parameters of the redirect from the issuer, and stores the tokens. The connector then
   * connects automatically. Rejects with LOGIN_EXPIRED, LOGIN_FAILED, LOGIN_METADATA_INVALID or CLOSED.
   */
  async finishLogin(parameters: URLSearchParams): Promise<{ readonly connectorId: string }> {
    this.#parts.assertOpen();
    return this.#parts.logins.finish(parameters);
  }

  /**
   * Deletes the tokens of a connector, and revokes them if the issuer supports that. Resolves with false if there were
   * no tokens. Rejects with CONNECTOR_UNKNOWN, LOGIN_UNSUPPORTED, a STORE_… code or CLOSED.
   */
  async logout(connectorId: string): Promise<boolean> {
    this.#parts.assertOpen();
    return this.#parts.logins.logout(connectorId);
  }

  /** Lists the logins of all enabled connectors that have or need a login. Rejects with CLOSED. */
  async logins(): Promise<readonly LoginSummary[]> {
    this.#parts.assertOpen();
    return this.#parts.logins.list();
  }

  /** Returns the state of the whole manager, as plain data. */
  status(): ManagerStatus {
    return viewManager(this.#parts);
  }

  /**
   * Adds a listener for an event: a change of a map (`snapshot`), of a connector (`connector`) or of tools (`tools`,
   * `tool-changed`), or a notification from a connector (`notification`). The returned function removes the listener.
   */
  on<K extends keyof ManagerEvents>(name: K, listener: (event: ManagerEvents[K]) => void): () => void {
    return this.#parts.events.on(name, listener);
  }

  /**
   * Stops refreshes and loads, ends calls, sessions and threads, and settles every pending promise. Idempotent; never
   * rejects.
   */
  close(): Promise<void> {
    return this.#parts.close();
  }

  /** Alias of {@link close}, for hosts that used the manager of the replaced product. */
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
