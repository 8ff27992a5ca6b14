import {
  Client,
  SdkErrorCode,
  SSEClientTransport,
  StreamableHTTPClientTransport,
  type Tool,
} from '@modelcontextprotocol/client';
import { type Dispatcher, Headers, fetch as undiciFetch } from 'undici';
import * as z from 'zod';
import { monotonicMs, raceSignal, settledWithin } from '../../shared/clock.ts';
import { PACKAGE_VERSION } from '../package-version.ts';
import { currentTraceparent } from '../tracing/trace.ts';
import type {
  Connect,
  Connection,
  ConnectionEvents,
  ConnectionFacts,
  ConnectorTarget,
  RequestLimits,
} from './connection.ts';
import { hasSdkCode, isRefusal, toCallError, toConnectError, toListError, type WireTrace } from './sdk-errors.ts';

type Era = 'auto' | 'legacy' | 'modern';
type HttpTransport = StreamableHTTPClientTransport | SSEClientTransport;

/** The revision that `modern` stands for. */
const MODERN_REVISION = '2026-07-28';

/** How long a handshake that nobody wants any more may take to end by itself, so that its session can be ended too. */
const HANDSHAKE_GRACE_MS = 500;

/** How much later than ours the SDK's own deadlines are: ours wait for what came in while the event loop stood still. */
const SDK_DEADLINE_SLACK_MS = 60_000;

/** How long the end of a session may take; the server forgets it anyway some day. */
const TERMINATE_TIMEOUT_MS = 1_000;

/** A page of tools with every member kept as it was sent; the SDK's own schema would drop unknown ones. */
const toolPageSchema = z.looseObject({ tools: z.array(z.unknown()), nextCursor: z.string().optional() });

/** A {@link Connect} over the official SDK, all of whose requests go through `dispatcher`. */
export function createSdkConnect(dispatcher: Dispatcher): Connect {
  return async (target, events, limits) => {
    const trace: WireTrace = { lastStatus: null, isUnreachable: false };
    const endsAtMs = monotonicMs() + limits.timeoutMs;
    const attempt = async (transport: HttpTransport, era: Era): Promise<Connection> => {
      limits.signal.throwIfAborted();
      return open(transport, era, events, { signal: limits.signal, timeoutMs: Math.max(1, endsAtMs - monotonicMs()) });
    };
    try {
      return await connectByFallback(target, tracingFetch(dispatcher, trace), trace, attempt);
    } catch (error) {
      throw toConnectError(error, target, trace, limits);
    }
  };
}

/**
 * Streamable HTTP in the wanted era; legacy where `auto` met a server that answers the probe with a server error; then SSE where
 * Streamable HTTP is unknown there (4xx, MCP 2025-03-26 backwards compatibility). Refused credentials and silence end it.
 */
async function connectByFallback(
  target: ConnectorTarget,
  fetch: typeof globalThis.fetch,
  trace: WireTrace,
  attempt: (transport: HttpTransport, era: Era) => Promise<Connection>,
): Promise<Connection> {
  const options = {
    fetch,
    requestInit: { headers: { ...target.headers } },
    // A redirect to elsewhere would take headers with it that only this origin may see.
    redirectPolicy: 'same-origin' as const,
  };
  const overHttp = (era: Era): Promise<Connection> =>
    attempt(new StreamableHTTPClientTransport(target.url, { ...options, fetch: withoutStandingStream(fetch) }), era);
  const overSse = (): Promise<Connection> => attempt(new SSEClientTransport(target.url, options), 'legacy');
  if (target.transport === 'sse') return overSse();
  try {
    return await overHttp(target.era).catch((error: unknown) => {
      const mayBeLegacy =
        target.era === 'auto' && hasSdkCode(error, SdkErrorCode.EraNegotiationFailed) && wasAnswered(error, trace);
      if (mayBeLegacy) return overHttp('legacy');
      throw error;
    });
  } catch (error) {
    const isUnknownThere = trace.lastStatus !== null && trace.lastStatus >= 400 && trace.lastStatus < 500;
    if (target.transport === 'auto' && target.era !== 'modern' && isUnknownThere && wasAnswered(error, trace))
      return overSse();
    throw error;
  }
}

function wasAnswered(error: unknown, trace: WireTrace): boolean {
  return !trace.isUnreachable && trace.lastStatus !== null && !isRefusal(error, trace.lastStatus);
}

async function open(
  transport: HttpTransport,
  era: Era,
  events: ConnectionEvents,
  limits: RequestLimits,
): Promise<Connection> {
  const mode = era === 'modern' ? { pin: MODERN_REVISION } : era;
  const client = new Client({ name: 'mcp-switchyard', version: PACKAGE_VERSION }, { versionNegotiation: { mode } });
  // Of a handshake that fails, its own rejection tells; of a connection that is being closed there is nothing to tell.
  let isUp = false;
  client.onclose = () => {
    if (isUp) events.onLost(new Error('The connection was closed by the other side'));
  };
  const close = async (): Promise<void> => {
    isUp = false;
    if (transport instanceof StreamableHTTPClientTransport) await endSession(transport);
    await client.close().catch(() => {});
  };
  // The signal stays out of the handshake: cut short, it could leave a session that nobody knows the name of.
  const handshake = client.connect(transport, { timeout: sdkTimeout(limits) });
  try {
    await raceSignal(handshake, limits.signal);
  } catch (error) {
    await settledWithin(handshake, HANDSHAKE_GRACE_MS);
    await close();
    throw error;
  }
  isUp = true;
  return connectionOf(client, factsOf(client, transport), close);
}

function connectionOf(client: Client, facts: ConnectionFacts, close: () => Promise<void>): Connection {
  return {
    facts,
    async listToolsPage(cursor, limits) {
      const params = cursor === null ? {} : { cursor };
      const options = { signal: limits.signal, timeout: sdkTimeout(limits) };
      try {
        const page = await client.request({ method: 'tools/list', params }, toolPageSchema, options);
        return { tools: page.tools, nextCursor: page.nextCursor ?? null };
      } catch (error) {
        throw toListError(error, limits);
      }
    },
    async callTool(tool, args, limits) {
      const { outputSchema: _unchecked, ...definition } = tool;
      try {
        return await client.callTool(
          { name: tool.name, arguments: { ...args } },
          {
            signal: limits.signal,
            timeout: sdkTimeout(limits),
            // Without an output schema the SDK need not compile a validator: 367 ms at the first of 1 000 tools otherwise.
            toolDefinition: definition as unknown as Tool,
            ...(limits.onProgress && { onprogress: limits.onProgress }),
          },
        );
      } catch (error) {
        throw toCallError(error, tool.name, limits);
      }
    },
    close,
  };
}

function sdkTimeout({ timeoutMs }: RequestLimits): number {
  return Math.min(timeoutMs + SDK_DEADLINE_SLACK_MS, 2 ** 31 - 1);
}

function factsOf(client: Client, transport: HttpTransport): ConnectionFacts {
  return {
    era: client.getProtocolEra() ?? 'unknown',
    transport: transport instanceof StreamableHTTPClientTransport ? 'streamable-http' : 'sse',
    protocolVersion: client.getNegotiatedProtocolVersion() ?? null,
    serverName: client.getServerVersion()?.name ?? null,
  };
}

/** DELETEs the session (MCP 2025-03-26, session management). A server may refuse that, or be gone already. */
async function endSession(transport: StreamableHTTPClientTransport): Promise<void> {
  if (transport.sessionId !== undefined) await settledWithin(transport.terminateSession(), TERMINATE_TIMEOUT_MS);
}

/**
 * Leaves the standing stream of a legacy session closed (a GET; MCP 2025-11-25, listening for messages): it brings what nobody here listens to, at the
 * price of a connection a connector. A GET that resumes the answer to a call goes out.
 */
function withoutStandingStream(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    const isStandingStream =
      init?.method === 'GET' &&
      !new Headers(init.headers as ConstructorParameters<typeof Headers>[0]).has('last-event-id');
    // What a server without such a stream answers.
    return isStandingStream ? new Response(null, { status: 405 }) : fetch(input, init);
  };
}

/** undici's fetch over `dispatcher`, noting what came of the last request. */
function tracingFetch(dispatcher: Dispatcher, trace: WireTrace): typeof globalThis.fetch {
  const traced = async (
    input: Parameters<typeof undiciFetch>[0],
    init?: Parameters<typeof undiciFetch>[1],
  ): Promise<unknown> => {
    try {
      const response = await undiciFetch(input, { ...withTrace(init), dispatcher });
      trace.lastStatus = response.status;
      trace.isUnreachable = false;
      return response;
    } catch (error) {
      trace.isUnreachable = true;
      throw error;
    }
  };
  return traced as unknown as typeof globalThis.fetch;
}

/** The request as it is, or with the trace that it belongs to (W3C Trace Context). */
function withTrace(init: Parameters<typeof undiciFetch>[1]): Parameters<typeof undiciFetch>[1] {
  const traceparent = currentTraceparent();
  if (traceparent === undefined) return init;
  const headers = new Headers(init?.headers);
  headers.set('traceparent', traceparent);
  return { ...init, headers };
}
