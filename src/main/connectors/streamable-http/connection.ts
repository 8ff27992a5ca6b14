import type { Dispatcher } from 'undici';
import { raceSignal, settledWithin } from '../../../shared/clock.ts';
import { rootReason, SwitchyardError } from '../../../shared/errors.ts';
import type { RemoteToolDefinition } from '../../../shared/tools/tool-definition.ts';
import { encodeHeaderValue } from '../../mcp/header-value.ts';
import type { HostSide } from '../../mcp/host-side.ts';
import { type JsonObject, RpcError } from '../../mcp/json-rpc.ts';
import { paramHeaders } from '../../mcp/tool-headers.ts';
import type { ToolResult } from '../../mcp/tool-result.ts';
import { recordStray } from '../../observability/instruments.ts';
import type { CallLimits, Connect, Connection, ConnectionFacts } from '../connection/connection.ts';
import { EraMemory } from '../connection/era-memory.ts';
import {
  ClosedConnection,
  type Failure,
  isBrokenConnection,
  networkFailure,
  StatusError,
  toCallError,
  toConnectError,
  toListError,
  UnusableAnswer,
} from '../connection/failure.ts';
import { type Handshake, shakeHands } from './handshake.ts';
import { throughInputRounds } from './input-rounds.ts';
import { announcedLists, mayTellMore, noticesOf } from './notices.ts';
import { askHost, ServerRequests } from './server-requests.ts';
import { StreamableHttpSession } from './session.ts';
import { keepStandingStream } from './standing-stream.ts';

/** How long a handshake that nobody wants any more may take to end by itself, so that its session can be ended too. */
const HANDSHAKE_GRACE_MS = 500;

/** How long the end of a session may take; the server forgets it anyway some day. */
const TERMINATE_TIMEOUT_MS = 1_000;

export interface StreamableHttpOptions {
  readonly dispatcher: Dispatcher;
  /** Cap on one answer, after decompression. */
  readonly maxResultBytes: number;
  readonly host: HostSide;
  /** The endpoints that are known to be legacy; filled by what handshakes find out. */
  readonly eras?: EraMemory;
}

/** A {@link Connect} over Streamable HTTP without the SDK: raw JSON-RPC over undici, of both eras. */
export function createStreamableHttpConnect(options: StreamableHttpOptions): Connect {
  const { dispatcher, maxResultBytes, host, eras = new EraMemory() } = options;
  return async (target, events, limits) => {
    let isUp = false;
    const session: StreamableHttpSession = new StreamableHttpSession({
      dispatcher,
      url: target.url,
      headers: target.headers,
      maxResultBytes,
      capabilities: host.capabilities,
      onStray: recordStray,
      onMessage(message, answeredBy) {
        if (message.kind === 'request' || message.method === 'notifications/cancelled')
          requests.take(message, answeredBy);
        else if (!isUp) return;
        else if (message.method === 'notifications/tools/list_changed') events.onToolsChanged();
        else events.onNotification?.(message.method, message.params);
      },
    });
    const requests = new ServerRequests(session, host, target.id);
    // The signal stays out of the handshake: cut short, it could leave a session that nobody knows the name of.
    const handshake = shakeHands(session, target.era, host.capabilities, eras);
    let agreed: Handshake;
    try {
      agreed = await raceSignal(handshake, limits.signal);
    } catch (error) {
      await settledWithin(handshake, HANDSHAKE_GRACE_MS);
      await session.close(TERMINATE_TIMEOUT_MS);
      if (limits.signal.aborted) throw limits.signal.reason;
      throw toConnectError(failureOf(error), error, target, limits);
    }
    // It would have its own tools among its tools, and those again, without end.
    if (host.instanceId !== undefined && agreed.instanceId === host.instanceId) {
      await session.close(TERMINATE_TIMEOUT_MS);
      throw new SwitchyardError('CONNECTOR_LOOP', `Connector ${target.id} is the gateway itself.`);
    }
    isUp = true;
    // A legacy server asks the host over its standing stream, too; calls may wait for the answer.
    const answersHost = agreed.facts.era === 'legacy' && Object.keys(host.capabilities).length > 0;
    const hearsAll = events.onNotification !== undefined;
    const notices = announcedLists(agreed.facts.capabilities, hearsAll);
    const isListenedTo = Object.keys(notices).length > 0 || (hearsAll && mayTellMore(agreed.facts));
    const stopStream =
      answersHost || isListenedTo
        ? keepStandingStream(session, notices, answersHost, {
            onOpen: () => {
              events.onToolsChanged();
              for (const method of noticesOf(notices)) events.onNotification?.(method, {});
            },
            onGone: (error) => isUp && events.onLost(error),
          })
        : () => {};
    return connectionOf(session, agreed.facts, { host, connectorId: target.id }, async () => {
      isUp = false;
      stopStream();
      requests.stop();
      await session.close(TERMINATE_TIMEOUT_MS);
    });
  };
}

/** Requests that change nothing. */
const READS: ReadonlySet<string> = new Set([
  'completion/complete',
  'prompts/get',
  'prompts/list',
  'resources/list',
  'resources/read',
  'resources/templates/list',
]);

/** What a request is about, where modern servers want it in a header (MCP 2026-07-28, standard headers). */
function nameOf(method: string, { name, uri }: JsonObject): readonly string[] {
  if (method === 'prompts/get' && typeof name === 'string') return ['mcp-name', encodeHeaderValue(name)];
  return method === 'resources/read' && typeof uri === 'string' ? ['mcp-name', encodeHeaderValue(uri)] : [];
}

function connectionOf(
  session: StreamableHttpSession,
  facts: ConnectionFacts,
  { host, connectorId }: { readonly host: HostSide; readonly connectorId: string },
  close: () => Promise<void>,
): Connection {
  const life = new AbortController();
  const exchange = async <T>(
    { method, params, headers, what }: Asked,
    limits: CallLimits,
    read: (result: JsonObject) => T,
  ): Promise<T> => {
    const { signal, timeoutMs, returnsInputRequests } = limits;
    const answeredBy = limits.host ?? host;
    let isAnswered = false;
    const send = (sent: JsonObject): Promise<JsonObject> => {
      isAnswered = sent !== params;
      const request = (): Promise<JsonObject> => session.request(method, sent, { ...limits, headers });
      // Safe to repeat, unlike a call: a kept connection may just have been closed by the server.
      return READS.has(method)
        ? request().catch((error: unknown) => (isBrokenConnection(error) ? request() : Promise.reject(error)))
        : request();
    };
    const ask = (asked: string, about: JsonObject, until: AbortSignal): Promise<JsonObject> => {
      isAnswered = true;
      return askHost(answeredBy, connectorId, asked, about, until);
    };
    try {
      const inRounds = session.isModern && returnsInputRequests !== true;
      return read(await (inRounds ? throughInputRounds(params, send, ask, signal, life.signal) : send(params)));
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      const failure = failureOf(error);
      throw toCallError(isAnswered ? begun(failure) : failure, error, what, { signal, timeoutMs });
    }
  };
  return {
    facts,
    async listToolsPage(cursor, limits) {
      const params = cursor === null ? {} : { cursor };
      const ask = (): Promise<JsonObject> => session.request('tools/list', params, { signal: limits.signal });
      try {
        // Safe to repeat, unlike a call: a kept connection may just have been closed by the server.
        return asToolPage(
          await ask().catch((error: unknown) => (isBrokenConnection(error) ? ask() : Promise.reject(error))),
        );
      } catch (error) {
        if (limits.signal.aborted) throw limits.signal.reason;
        throw toListError(failureOf(error), error, limits);
      }
    },
    callTool(tool, args, limits) {
      const params = { ...limits.params, name: tool.name, arguments: args };
      const headers = session.isModern ? callHeaders(tool, args) : [];
      return exchange({ method: 'tools/call', params, headers, what: `Tool ${tool.name}` }, limits, asToolResult);
    },
    request(method, params, limits) {
      const headers = session.isModern ? nameOf(method, params) : [];
      return exchange({ method, params, headers, what: `Request ${method}` }, limits, (result) => result);
    },
    async watchResource(uri, limits) {
      if (session.isModern) {
        const stop = keepStandingStream(session, { resourceSubscriptions: [uri] }, true, {
          onOpen: () => {},
          onGone: () => {},
        });
        life.signal.addEventListener('abort', stop, { once: true });
        return () => {
          life.signal.removeEventListener('abort', stop);
          stop();
        };
      }
      await this.request('resources/subscribe', { uri }, limits);
      return () =>
        void session.request('resources/unsubscribe', { uri }, { signal: null }).catch(() => {
          // Nobody waits for what it tells any more.
        });
    },
    close() {
      life.abort(new ClosedConnection());
      return close();
    },
  };
}

/** One request, and what errors call it. */
interface Asked {
  readonly method: string;
  readonly params: JsonObject;
  readonly headers: readonly string[];
  readonly what: string;
}

/** What fails a later round of a call says nothing of the first, which was sent. */
function begun(failure: Failure): Failure {
  if (failure.kind === 'network') return { ...failure, isUnsent: false };
  if (failure.kind !== 'status' || !failure.isSessionLost) return failure;
  return { kind: 'network', isUnsent: false, reason: `it answered ${failure.status}` };
}

function callHeaders(tool: RemoteToolDefinition, args: JsonObject): readonly string[] {
  return ['mcp-name', encodeHeaderValue(tool.name), ...paramHeaders(tool, args)];
}

function asToolPage({ tools, nextCursor, ttlMs }: JsonObject): Awaited<ReturnType<Connection['listToolsPage']>> {
  if (!Array.isArray(tools)) throw new UnusableAnswer('it lists no tools');
  return {
    tools,
    nextCursor: typeof nextCursor === 'string' ? nextCursor : null,
    ttlMs: typeof ttlMs === 'number' && ttlMs >= 0 ? ttlMs : null,
  };
}

/** A result with its content, which a server may leave out where there is none. */
function asToolResult(result: JsonObject): ToolResult {
  const { content } = result;
  if (content === undefined && result.resultType !== 'input_required')
    return { ...result, content: [] } as unknown as ToolResult;
  if (result.resultType === 'input_required') return result as unknown as ToolResult;
  if (!Array.isArray(content)) throw new UnusableAnswer('its result has no content');
  return result as unknown as ToolResult;
}

function failureOf(error: unknown): Failure {
  if (error instanceof RpcError) return { kind: 'rpc', code: error.code, reason: rootReason(error) };
  if (error instanceof StatusError) return error.asFailure();
  if (error instanceof UnusableAnswer) return { kind: 'unusable', reason: error.message };
  if (error instanceof SwitchyardError && error.code === 'TOOL_RESULT_TOO_LARGE') return { kind: 'too-large', error };
  if (error instanceof ClosedConnection) return { kind: 'network', isUnsent: true, reason: error.message };
  if (error instanceof TypeError) return { kind: 'unsendable', reason: error.message };
  return networkFailure(error);
}
