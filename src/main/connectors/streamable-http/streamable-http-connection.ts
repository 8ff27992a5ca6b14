import type { RemoteToolDefinition } from '../../../shared/tools/tool-definition.ts';
import { encodeHeaderValue } from '../../mcp/header-value.ts';
import type { HostSide } from '../../mcp/host-side.ts';
import type { JsonObject } from '../../mcp/json-rpc.ts';
import { paramHeaders } from '../../mcp/tool-headers.ts';
import type { ToolResult } from '../../mcp/tool-result.ts';
import type {
  CallLimits,
  Connection,
  ConnectionFacts,
  RequestLimits,
  RequestTraffic,
  ToolPage,
} from '../connection/connection.ts';
import { ClosedConnection, isBrokenConnection, toCallError, toListError } from '../connection/failure.ts';
import { throughInputRounds } from '../messages/input-rounds.ts';
import { askHost } from '../messages/server-requests.ts';
import { asToolPage, asToolResult } from '../messages/tool-answers.ts';
import { laterFailure, requestFailure } from './request-failure.ts';
import type { RequestOptions, StreamableHttpSession } from './session.ts';
import { keepStandingStream } from './standing-stream.ts';

/** Methods that change nothing on the server, so that a request may be sent twice. */
const READS: ReadonlySet<string> = new Set([
  'completion/complete',
  'prompts/get',
  'prompts/list',
  'resources/list',
  'resources/read',
  'resources/templates/list',
  'tools/list',
]);

/** One request. */
interface Asked {
  readonly method: string;
  readonly params: JsonObject;
  /** For modern servers only, names and values in turn. */
  readonly headers: readonly string[];
  /** As errors name it. */
  readonly what: string;
}

/** Who answers what the server asks. */
interface Answerer {
  readonly host: HostSide;
  readonly connectorId: string;
}

/** An MCP connection over a session of Streamable HTTP whose handshake is done. */
export class StreamableHttpConnection implements Connection {
  readonly facts: ConnectionFacts;
  readonly #session: StreamableHttpSession;
  readonly #answerer: Answerer;
  readonly #end: () => Promise<void>;
  /** Aborts when the connection is closed. */
  readonly #life = new AbortController();

  constructor(session: StreamableHttpSession, facts: ConnectionFacts, answerer: Answerer, end: () => Promise<void>) {
    this.facts = facts;
    this.#session = session;
    this.#answerer = answerer;
    this.#end = end;
  }

  async listToolsPage(cursor: string | null, limits: RequestLimits): Promise<ToolPage> {
    try {
      const params = cursor === null ? {} : { cursor };
      return asToolPage(await this.#send('tools/list', params, { signal: limits.signal }));
    } catch (error) {
      if (limits.signal.aborted) throw limits.signal.reason;
      throw toListError(requestFailure(error), error, limits);
    }
  }

  callTool(tool: RemoteToolDefinition, args: JsonObject, limits: CallLimits): Promise<ToolResult> {
    const params = { ...limits.params, name: tool.name, arguments: args };
    const headers = this.#session.isModern ? callHeaders(tool, args) : [];
    return this.#exchange({ method: 'tools/call', params, headers, what: `Tool ${tool.name}` }, limits, asToolResult);
  }

  request(method: string, params: JsonObject, limits: RequestLimits & RequestTraffic): Promise<JsonObject> {
    const headers = this.#session.isModern ? nameHeader(method, params) : [];
    return this.#exchange({ method, params, headers, what: `Request ${method}` }, limits, (result) => result);
  }

  async watchResource(uri: string, limits: RequestLimits): Promise<() => void> {
    if (this.#session.isModern) return this.#subscribe(uri);
    await this.request('resources/subscribe', { uri }, limits);
    return () =>
      void this.#session.request('resources/unsubscribe', { uri }, { signal: null }).catch(() => {
        // Nobody listens to the resource any more, whatever the server says.
      });
  }

  close(): Promise<void> {
    this.#life.abort(new ClosedConnection());
    return this.#end();
  }

  /** Sends a request and reads its result, after the rounds of input that a modern server may ask for. */
  async #exchange<T>(asked: Asked, limits: CallLimits, read: (result: JsonObject) => T): Promise<T> {
    const { method, params, headers, what } = asked;
    let isLaterRound = false;
    try {
      let result = await this.#send(method, params, { ...limits, headers });
      if (result.resultType === 'input_required' && this.#session.isModern && limits.returnsInputRequests !== true) {
        isLaterRound = true;
        result = await this.#throughInputRounds(result, asked, limits);
      }
      return read(result);
    } catch (error) {
      if (limits.signal.aborted) throw limits.signal.reason;
      throw toCallError(isLaterRound ? laterFailure(error) : requestFailure(error), error, what, limits);
    }
  }

  #send(method: string, params: JsonObject, options: RequestOptions): Promise<JsonObject> {
    const answer = this.#session.request(method, params, options);
    if (!READS.has(method)) return answer;
    // The server may just have closed a connection that was kept open. A call is not repeated, a read may be.
    return answer.catch((error: unknown) => {
      if (!isBrokenConnection(error)) throw error;
      return this.#session.request(method, params, options);
    });
  }

  #throughInputRounds(first: JsonObject, { method, params, headers }: Asked, limits: CallLimits): Promise<JsonObject> {
    const { connectorId, host } = this.#answerer;
    const send = (sent: JsonObject): Promise<JsonObject> => this.#send(method, sent, { ...limits, headers });
    const ask = (asked: string, about: JsonObject, until: AbortSignal): Promise<JsonObject> =>
      askHost(limits.host ?? host, connectorId, asked, about, until);
    return throughInputRounds(first, params, send, ask, limits.signal, this.#life.signal);
  }

  /** Listens to one resource of a modern server over a stream of its own (MCP 2026-07-28, subscriptions). */
  #subscribe(uri: string): () => void {
    const { signal } = this.#life;
    const events = { onOpen: () => {}, onGone: () => {} };
    const stop = keepStandingStream(this.#session, { resourceSubscriptions: [uri] }, true, events);
    signal.addEventListener('abort', stop, { once: true });
    return () => {
      signal.removeEventListener('abort', stop);
      stop();
    };
  }
}

/** The headers of a call to a modern server: the tool, and the arguments whose schema asks for it. */
function callHeaders(tool: RemoteToolDefinition, args: JsonObject): readonly string[] {
  return ['mcp-name', encodeHeaderValue(tool.name), ...paramHeaders(tool, args)];
}

/** What a request is about, which modern servers want in a header (MCP 2026-07-28, standard headers). */
function nameHeader(method: string, { name, uri }: JsonObject): readonly string[] {
  if (method === 'prompts/get' && typeof name === 'string') return ['mcp-name', encodeHeaderValue(name)];
  return method === 'resources/read' && typeof uri === 'string' ? ['mcp-name', encodeHeaderValue(uri)] : [];
}
