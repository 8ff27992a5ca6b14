import type { Dispatcher } from 'undici';
import { deadline, startTimer, systemRandom, type Timer } from '../../../shared/clock.ts';
import { messageOf, SwitchyardError } from '../../../shared/errors.ts';
import type { RemoteToolDefinition } from '../../../shared/tools/tool-definition.ts';
import { assertCompatibleAgent } from '../../http/agent-check.ts';
import { asDispatcher, LateAgent } from '../../http/late-agent.ts';
import { loadUndiciAgent } from '../../http/load-undici.ts';
import { TOOLS_ONLY } from '../../mcp/host-side.ts';
import { isObject } from '../../mcp/json-rpc.ts';
import { createConnect } from '../bring-up/choose-connect.ts';
import { listAllTools } from '../bring-up/list-tools.ts';
import type { OpenRoute } from '../calls/call-route.ts';
import { ConnectorCalls } from '../calls/connector-calls.ts';
import type { Connection } from '../connection/connection.ts';
import { NO_CREDENTIALS } from '../credentials/credentials.ts';
import { ToolRefresher } from '../live/tool-refresher.ts';
import type { ProxiedTool, RemoteToolProxyOptions } from './remote-tool-proxy-options.ts';

const RECONNECT_DELAY_MS = 5_000;
const CONNECT_TIMEOUT_MS = 10_000;
const CALL_TIMEOUT_MS = 60_000;
const MAX_RESULT_BYTES = 32 * 1024 * 1024;
const LIST_LIMITS = { maxPages: 64, maxTools: 10_000, timeoutMs: 10_000 };

/**
 * One MCP server behind the interface of the package that this one replaces, for callers that build their own proxies.
 * A manager needs no such proxy. An error that the server sends is passed to the caller as a response. Only a lost
 * connection takes the proxy offline, and the proxy then reconnects automatically.
 */
export class RemoteToolProxy {
  readonly #options: RemoteToolProxyOptions;
  readonly #label: string;
  readonly #calls: ConnectorCalls;
  #ownAgent: LateAgent | null = null;
  #connection: Connection | null = null;
  #tools: ReadonlyMap<string, RemoteToolDefinition> = new Map();
  /**
   * The time from `connect()` to `disconnect()`; null while disconnected. `disconnect()` aborts everything that started
   * during this time.
   */
  #life: { readonly abort: AbortController; attempt: Promise<void> | null } | null = null;
  /** Resolves once the last `disconnect()` has finished. */
  #ending: Promise<void> = Promise.resolve();
  #timer: Timer | null = null;
  /** Whether the last connection broke and no attempt to reconnect has failed since. */
  #isLost = false;

  /** Does not connect yet. Throws AGENT_INCOMPATIBLE. */
  constructor(options: RemoteToolProxyOptions) {
    if (options.agent !== undefined) assertCompatibleAgent(options.agent);
    this.#options = options;
    this.#label = options.serviceLabel ?? 'Remote MCP';
    this.#calls = new ConnectorCalls({ id: options.connectorId ?? this.#label }, CALL_TIMEOUT_MS, {
      reach: () => this.#reach(),
      lose: ({ connection }, error) => this.#lose(connection, error),
      // The headers never change, so a reconnect would send the same refused credentials.
      renewCredentials: () => {},
    });
  }

  /**
   * Connects and lists the tools. Resolves after the first attempt. If that attempt failed, further attempts follow
   * automatically. Never rejects.
   */
  connect(): Promise<void> {
    const { enabled, logger } = this.#options;
    if (!enabled) {
      logger.info({ event: 'proxy-disabled' }, `${this.#label} is disabled and not connected`);
      this.#tell(false);
      return Promise.resolve();
    }
    this.#timer?.cancel();
    // A `disconnect()` that is in progress has to finish before the proxy connects again.
    this.#life ??= { abort: new AbortController(), attempt: null };
    const life = this.#life;
    life.attempt ??= this.#ending
      .then(() => this.#connectOnce(life.abort.signal))
      .finally(() => {
        life.attempt = null;
      });
    return life.attempt;
  }

  /** Ends the connection and all attempts to connect. Never rejects. */
  disconnect(): Promise<void> {
    this.#timer?.cancel();
    const life = this.#life;
    const connection = this.#connection;
    this.#life = null;
    this.#connection = null;
    life?.abort.abort(new SwitchyardError('CLOSED', `${this.#label} was disconnected.`));
    this.#ending = this.#ending.then(() => this.#end(life?.attempt ?? null, connection));
    return this.#ending;
  }

  async #end(attempt: Promise<void> | null, connection: Connection | null): Promise<void> {
    await attempt;
    await connection?.close();
    const agent = this.#ownAgent;
    this.#ownAgent = null;
    await agent?.destroy();
    if (connection !== null) this.#tell(false);
  }

  /** Returns the tools that the server listed last. */
  getTools(): ProxiedTool[] {
    return [...this.#tools.values()].map(({ name, description, inputSchema }) => ({
      name,
      description: typeof description === 'string' ? description : '',
      inputSchema: isObject(inputSchema) ? inputSchema : { type: 'object' },
    }));
  }

  isConnected(): boolean {
    return this.#connection !== null;
  }

  /**
   * Calls a tool. While the proxy is offline, rejects with CONNECTOR_UNAVAILABLE; the error's `name` is then
   * `unavailableErrorName`. Otherwise rejects with the TOOL_CALL_… code of the failure.
   */
  callTool(name: string, args: Record<string, unknown>): Promise<unknown> {
    const tool = this.#tools.get(name) ?? { name, inputSchema: {} };
    return this.#calls.callTool(tool, args, {});
  }

  async #reach(): Promise<OpenRoute> {
    // After a lost connection, the proxy reconnects immediately, because a call that was certainly not sent is sent
    // again.
    if (this.#connection === null && this.#life !== null && this.#isLost) await this.connect();
    const connection = this.#connection;
    const life = this.#life;
    if (connection === null || life === null) throw this.#unavailable();
    return { connection, life: life.abort.signal, enter: () => {}, leave: () => {} };
  }

  async #connectOnce(signal: AbortSignal): Promise<void> {
    const { connectorId, endpoint, headers, logger } = this.#options;
    if (this.#connection !== null) return;
    let connection: Connection | null = null;
    let lost: Error | null = null;
    let refresher: ToolRefresher | null = null;
    const onLost = (error: Error): void => {
      lost ??= error;
      if (connection !== null) this.#lose(connection, error);
    };
    try {
      using limit = deadline(CONNECT_TIMEOUT_MS, () => this.#timeout(), signal);
      const connect = createConnect({
        dispatcher: this.#dispatcher(),
        maxResultBytes: MAX_RESULT_BYTES,
        host: TOOLS_ONLY,
      });
      const target = {
        id: connectorId ?? this.#label,
        name: this.#label,
        url: new URL(endpoint),
        headers: headers ?? {},
        era: 'auto',
        transport: 'auto',
        credentials: NO_CREDENTIALS,
        command: null,
      } as const;
      const arrived = await connect(
        target,
        { onLost, onToolsChanged: () => refresher?.notice() },
        { signal: limit.signal, timeoutMs: CONNECT_TIMEOUT_MS },
      );
      connection = arrived;
      const { tools } = await listAllTools(arrived, LIST_LIMITS, signal);
      signal.throwIfAborted();
      if (lost !== null) throw lost;
      this.#take(tools);
      refresher = new ToolRefresher({
        list: () => listAllTools(arrived, LIST_LIMITS, signal),
        relistAfterMs: () => null,
        onListing: async (listing) => this.#take(listing.tools),
        // The current tools stay in use. If the connection was lost, the next call shows it.
        onFailure: () => {},
      });
      signal.addEventListener('abort', () => refresher?.stop(), { once: true });
      this.#connection = arrived;
      this.#isLost = false;
      logger.info({ event: 'proxy-connected', toolCount: tools.length }, `${this.#label} is connected`);
      this.#tell(true);
    } catch (error) {
      await connection?.close();
      this.#isLost = false;
      if (!signal.aborted) this.#retryLater(error);
    }
  }

  #take(tools: readonly RemoteToolDefinition[]): void {
    this.#tools = new Map(tools.map((tool) => [tool.name, tool]));
  }

  #lose(connection: Connection, error: Error): void {
    if (this.#connection !== connection) return;
    this.#connection = null;
    this.#isLost = true;
    void connection.close();
    this.#retryLater(error);
  }

  #retryLater(error: unknown): void {
    const delayMs = (this.#options.reconnectDelay ?? RECONNECT_DELAY_MS) * (0.5 + systemRandom.next());
    const code = error instanceof SwitchyardError ? error.code : 'CONNECTOR_CONNECT_FAILED';
    this.#options.logger.warn(
      { event: 'proxy-offline', code, err: error },
      `${this.#label} is offline and will reconnect: ${messageOf(error)}`,
    );
    this.#timer?.cancel();
    this.#timer = startTimer(delayMs, () => void this.connect());
    this.#tell(false);
  }

  /** Calls the caller's callback, whose errors must not end the proxy. */
  #tell(isUp: boolean): void {
    try {
      this.#options.onAvailabilityChange?.(isUp);
    } catch (error) {
      this.#options.logger.error(
        { event: 'listener-threw', err: error },
        `onAvailabilityChange of ${this.#label} threw: ${messageOf(error)}`,
      );
    }
  }

  #dispatcher(): Dispatcher {
    if (this.#options.agent !== undefined) return this.#options.agent as unknown as Dispatcher;
    this.#ownAgent ??= new LateAgent(async () => {
      const Agent = await loadUndiciAgent({ proxy: null });
      return new Agent({ bodyTimeout: 0, headersTimeout: 0 });
    });
    return asDispatcher(this.#ownAgent);
  }

  #timeout(): SwitchyardError {
    const message = `${this.#label} did not finish the handshake within ${CONNECT_TIMEOUT_MS} ms.`;
    return new SwitchyardError('CONNECTOR_TIMEOUT', message, { detail: { phase: 'connect' } });
  }

  #unavailable(): SwitchyardError {
    const { unavailableErrorName, unavailableErrorMessage } = this.#options;
    const message = unavailableErrorMessage ?? 'Remote MCP proxy is temporarily unavailable';
    const error = new SwitchyardError('CONNECTOR_UNAVAILABLE', message);
    return Object.defineProperty(error, 'name', { value: unavailableErrorName ?? 'RemoteServiceUnavailableError' });
  }
}
