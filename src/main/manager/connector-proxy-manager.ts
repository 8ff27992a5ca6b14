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
 * Keeps the connectors of signed service maps, of a local file and of a registry up, and calls their tools. This
 * façade holds only what is in memory: worker threads fetch, verify and store maps.
 */
export class ConnectorProxyManager implements AsyncDisposable {
  readonly #parts: ManagerParts;

  /**
   * Starts the timers of the background refresh and, with a `stateDir`, reading what is remembered; nothing else.
   * Throws OPTIONS_INVALID or AGENT_INCOMPATIBLE.
   */
  constructor(options: ManagerOptions) {
    this.#parts = buildManager(resolveOptions(options));
    noteFleet(this, this.#parts.fleet);
    noteStartImage(this, this.#parts.memory.image);
  }

  /**
   * Brings maps and connectors up to date. Resolves when every enabled connector is up or has failed, or after
   * `syncDeadlineMs`; the rest continues in the background. A connector that fails does not fail the sync. `force`
   * fetches maps that are still fresh, too, and reconnects connectors that are down.
   * Rejects with a ConnectorManifestError if there is no map to serve (docs/service-map.md has the table), with
   * CONFIG_INVALID if the local file was never read, with CLOSED after `close()`.
   */
  async sync(force = false): Promise<void> {
    this.#parts.quiet.hurry();
    await this.#parts.runSync(force);
  }

  /**
   * The connectors of the current maps, normalised, in map order; then those of the registry and of the local file.
   */
  listConnectors(): ConnectorEntry[] {
    return this.#parts.sources.entries();
  }

  /** The tools that can be called, ordered by name. The tools of a connector that is only down stay listed. */
  listTools(): readonly ToolInfo[] {
    return this.#parts.tools.store.list();
  }

  /**
   * Calls a tool by its namespaced name and waits for its connector if that is just coming up. Resolves with `isError`
   * if the tool ran and failed.
   * Rejects with OPTIONS_INVALID, TOOL_UNKNOWN, TOOL_CHANGED, TOOL_NOT_APPROVED,
   * CONNECTOR_REFUSED, CONNECTOR_UNAVAILABLE, CONNECTOR_GONE,
   * TOOL_CALL_REJECTED, TOOL_CALL_TIMEOUT, TOOL_CALL_ABORTED, TOOL_CALL_LOST or CLOSED.
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
   * Sends any other MCP request to a connector, such as `prompts/get`, and waits for the connector if that is just
   * coming up. Resolves with the result exactly as the connector sent it.
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

  /** Whether there is a connector with this id, enabled or not. */
  has(connectorId: string): boolean {
    return this.#parts.sources.isWanted(connectorId) !== null;
  }

  /** What the handshake with a connector found out; null while the connector is not up. */
  facts(connectorId: string): ConnectionFacts | null {
    return this.#parts.connectors.get(connectorId)?.facts ?? null;
  }

  /** One of the listed tools, by its namespaced name. */
  tool(name: string): ToolInfo | undefined {
    return this.#parts.tools.store.get(name);
  }

  /** What is left out of lists. A gateway adds what it leaves out itself. */
  get droppedDefinitions(): DroppedDefinitions {
    return this.#parts.tools.dropped;
  }

  /** How many connectors are in each state. */
  countByState(): ReadonlyMap<ConnectorState, number> {
    return this.#parts.connectors.countByState();
  }

  /**
   * Resolves once the tools of an earlier run are listed, a few milliseconds after construction; at once without a
   * `stateDir`. Never rejects.
   */
  restored(): Promise<void> {
    return this.#parts.restored;
  }

  /**
   * Reads the local file and the registry again. Connectors whose entries did not change stay as they are.
   * Rejects as {@link sync} does for those two.
   */
  async reload(): Promise<void> {
    this.#parts.assertOpen();
    await this.#parts.sources.syncLocal(true);
  }

  /**
   * One connector: its entry, normalised and as it was sent, and its status. Undefined if there is none with this id.
   */
  connector(id: string): ConnectorView | undefined {
    return viewConnector(id, this.#parts.sources, this.#parts.connectors);
  }

  /**
   * Resolves once a connector is up: the one with this id, the first of all (`any`), or every enabled one (`all`). It
   * does not sync. A single connector that is still to start does so at once.
   * Rejects with CONNECTOR_UNKNOWN, CONNECTOR_TIMEOUT naming what is not up, or CLOSED.
   */
  async ready(target: 'any' | 'all' | (string & {}), options: ReadyOptions = {}): Promise<void> {
    this.#parts.assertOpen();
    await awaitReady(target, options, readyViewOf(this.#parts));
  }

  /**
   * Approves the present definitions of changed tools: of the named ones, or of all (null). Resolves with the names of
   * the approved tools.
   * Rejects with CLOSED.
   */
  async approveTools(names: readonly string[] | null = null): Promise<readonly string[]> {
    this.#parts.assertOpen();
    return this.#parts.tools.intake.approve(names);
  }

  /**
   * Prepares a login to a connector: send the person to `authorizationUrl`. It is valid for 10 minutes, and in this
   * process only.
   * Rejects with CONNECTOR_UNKNOWN, OPTIONS_INVALID, LOGIN_UNSUPPORTED, LOGIN_CLIENT_UNKNOWN, LOGIN_SECRET_MISSING,
   * LOGIN_METADATA_INVALID, LOGIN_FAILED, CONNECTOR_ADDRESS_REFUSED or CLOSED.
   */
  async startLogin(connectorId: string, options: StartLoginOptions): Promise<StartedLogin> {
    this.#parts.assertOpen();
    return this.#parts.logins.start(connectorId, options);
  }

  /**
   * Takes the parameters of the redirect that a person came back with, and stores the tokens. The connector then comes
   * up by itself. Rejects with LOGIN_EXPIRED, LOGIN_FAILED, LOGIN_METADATA_INVALID or CLOSED.
   */
  async finishLogin(parameters: URLSearchParams): Promise<{ readonly connectorId: string }> {
    this.#parts.assertOpen();
    return this.#parts.logins.finish(parameters);
  }

  /**
   * Revokes the tokens of a connector where its issuer can, and forgets them. Resolves with whether there were any.
   * Rejects with CONNECTOR_UNKNOWN, LOGIN_UNSUPPORTED, a STORE_… code or CLOSED.
   */
  async logout(connectorId: string): Promise<boolean> {
    this.#parts.assertOpen();
    return this.#parts.logins.logout(connectorId);
  }

  /** The logins of the enabled connectors that have or want one. Rejects with CLOSED. */
  async logins(): Promise<readonly LoginSummary[]> {
    this.#parts.assertOpen();
    return this.#parts.logins.list();
  }

  /** The state of everything, as plain data. */
  status(): ManagerStatus {
    return viewManager(this.#parts);
  }

  /**
   * Listens to changes of a map (`snapshot`), a connector (`connector`) or tools (`tools`, `tool-changed`), or to what
   * connectors send (`notification`). The returned function removes the listener.
   */
  on<K extends keyof ManagerEvents>(name: K, listener: (event: ManagerEvents[K]) => void): () => void {
    return this.#parts.events.on(name, listener);
  }

  /**
   * Closes everything: refreshes, loads, calls, sessions, threads. Whatever is pending settles. Idempotent; never
   * rejects.
   */
  close(): Promise<void> {
    return this.#parts.close();
  }

  /** The name of {@link close} in the manager that this one replaces. */
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
