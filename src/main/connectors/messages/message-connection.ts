import { SwitchyardError } from '../../../shared/errors.ts';
import type { RemoteToolDefinition } from '../../../shared/tools/tool-definition.ts';
import type { HostSide } from '../../mcp/host-side.ts';
import { isObject, type JsonObject, RPC_METHOD_NOT_FOUND, RpcError } from '../../mcp/json-rpc.ts';
import type { ToolResult } from '../../mcp/tool-result.ts';
import type {
  CallLimits,
  Connection,
  ConnectionFacts,
  RequestLimits,
  RequestTraffic,
  ToolPage,
} from '../connection/connection.ts';
import { ClosedConnection, toCallError, toListError } from '../connection/failure.ts';
import { isBrokenConnection } from '../connection/network-failure.ts';
import { isSafeToRepeat } from '../connection/safe-methods.ts';
import { type FirstList, HandshakeRefused } from './era/first-list.ts';
import { throughInputRounds } from './input-rounds.ts';
import type { ChannelRequestOptions, MessageChannel } from './message-channel.ts';
import { laterFailure, requestFailure } from './request-failure.ts';
import { askHost } from './server-requests.ts';
import { asToolPage, asToolResult } from './tool-answers.ts';

/** The tool list of a server that declares no tools. Such a server is not asked for its list. */
const NO_TOOLS: ToolPage = { tools: [], nextCursor: null, ttlMs: null };

/** One request to the server. */
interface Asked {
  readonly method: string;
  readonly params: JsonObject;
  /** The tool to call; set only for `tools/call`. */
  readonly tool?: RemoteToolDefinition;
  /** The name of the request in errors. */
  readonly what: string;
}

/** The host that answers the server's requests, and the id of the connector that the requests come from. */
interface Answerer {
  readonly host: HostSide;
  readonly connectorId: string;
}

/** What a connection needs from its transport in addition to the channel. */
export interface TransportParts {
  /**
   * Subscribes to one resource of a modern server (MCP 2026-07-28, subscriptions). The returned function ends the
   * subscription.
   */
  readonly subscribe: (uri: string) => () => void;
  /** Ends the transport. Never rejects. */
  readonly end: () => Promise<void>;
}

/** An MCP connection whose handshake is done, over the channel of any transport. */
export class MessageConnection implements Connection {
  readonly facts: ConnectionFacts;
  readonly #channel: MessageChannel;
  readonly #answerer: Answerer;
  readonly #transport: TransportParts;
  /** Aborts when the connection is closed. */
  readonly #life = new AbortController();
  /**
   * Gets the first page of the tool list in a special way; null if the page is requested as usual, or was already
   * requested.
   */
  #firstList: FirstList | null;

  constructor(
    channel: MessageChannel,
    facts: ConnectionFacts,
    answerer: Answerer,
    transport: TransportParts,
    firstList: FirstList | null = null,
  ) {
    this.facts = facts;
    this.#firstList = firstList;
    this.#channel = channel;
    this.#answerer = answerer;
    this.#transport = transport;
  }

  async listToolsPage(cursor: string | null, limits: RequestLimits): Promise<ToolPage> {
    if (!isObject(this.facts.capabilities.tools)) return NO_TOOLS;
    try {
      const params = cursor === null ? {} : { cursor };
      const ask = async (): Promise<ToolPage> =>
        asToolPage(await this.#send('tools/list', params, { signal: limits.signal }));
      const first = this.#firstList;
      this.#firstList = null;
      return await (first === null ? ask() : first(ask, limits.signal));
    } catch (error) {
      if (limits.signal.aborted) throw limits.signal.reason;
      if (error instanceof HandshakeRefused) throw error.coded;
      throw toListError(requestFailure(error), error, limits);
    }
  }

  callTool(tool: RemoteToolDefinition, args: JsonObject, limits: CallLimits): Promise<ToolResult> {
    const params = { ...limits.params, name: tool.name, arguments: args };
    return this.#exchange({ method: 'tools/call', params, tool, what: `Tool ${tool.name}` }, limits, asToolResult);
  }

  request(method: string, params: JsonObject, limits: RequestLimits & RequestTraffic): Promise<JsonObject> {
    return this.#exchange({ method, params, what: `Request ${method}` }, limits, (result) => result);
  }

  async watchResource(uri: string, limits: RequestLimits): Promise<() => void> {
    this.#assertSubscribable();
    if (this.#channel.isModern) return this.#subscribe(uri);
    await this.request('resources/subscribe', { uri }, limits);
    return () =>
      void this.#channel.request('resources/unsubscribe', { uri }, { signal: null }).catch(() => {
        // Whatever the server responds, the subscription counts as ended.
      });
  }

  close(): Promise<void> {
    this.#life.abort(new ClosedConnection());
    return this.#transport.end();
  }

  /** Sends a request and reads its result. If a modern server requests input first, provides the input. */
  async #exchange<T>(asked: Asked, limits: CallLimits, read: (result: JsonObject) => T): Promise<T> {
    const { method, params, tool, what } = asked;
    let isLaterRound = false;
    try {
      let result = await this.#send(method, params, { ...limits, tool });
      if (result.resultType === 'input_required' && this.#channel.isModern && limits.returnsInputRequests !== true) {
        isLaterRound = true;
        result = await this.#throughInputRounds(result, asked, limits);
      }
      return read(result);
    } catch (error) {
      if (limits.signal.aborted) throw limits.signal.reason;
      throw toCallError(isLaterRound ? laterFailure(error) : requestFailure(error), error, what, limits);
    }
  }

  #send(method: string, params: JsonObject, options: ChannelRequestOptions): Promise<JsonObject> {
    const answer = this.#channel.request(method, params, options);
    if (!isSafeToRepeat(method)) return answer;
    // The server may just have closed a kept-alive connection. A list or a read is then repeated; a call is not.
    return answer.catch((error: unknown) => {
      if (!isBrokenConnection(error)) throw error;
      return this.#channel.request(method, params, options);
    });
  }

  #throughInputRounds(first: JsonObject, { method, params, tool }: Asked, limits: CallLimits): Promise<JsonObject> {
    const { connectorId, host } = this.#answerer;
    const send = (sent: JsonObject): Promise<JsonObject> => this.#send(method, sent, { ...limits, tool });
    const ask = (asked: string, about: JsonObject, until: AbortSignal): Promise<JsonObject> =>
      askHost(limits.host ?? host, connectorId, asked, about, until);
    return throughInputRounds(first, params, send, ask, limits.signal, this.#life.signal);
  }

  /** Throws TOOL_CALL_REJECTED if the server did not declare subscriptions to resources. */
  #assertSubscribable(): void {
    const { resources } = this.facts.capabilities;
    if (isObject(resources) && resources.subscribe === true) return;
    const cause = new RpcError(RPC_METHOD_NOT_FOUND, 'The connector does not offer subscriptions to resources');
    throw new SwitchyardError('TOOL_CALL_REJECTED', `${cause.message}.`, {
      cause,
      detail: { rpcCode: cause.code },
    });
  }

  #subscribe(uri: string): () => void {
    const { signal } = this.#life;
    const stop = this.#transport.subscribe(uri);
    signal.addEventListener('abort', stop, { once: true });
    return () => {
      signal.removeEventListener('abort', stop);
      stop();
    };
  }
}
