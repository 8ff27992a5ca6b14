import {
  Client,
  SdkErrorCode,
  SSEClientTransport,
  SseError,
  StreamableHTTPClientTransport,
  type Tool,
} from '@modelcontextprotocol/client';
import type { Dispatcher } from 'undici';
import * as z from 'zod';
import { monotonicMs, raceSignal, settledWithin } from '../../shared/clock.ts';
import { PACKAGE_VERSION } from '../package-version.ts';
import type {
  Connect,
  Connection,
  ConnectionEvents,
  ConnectionFacts,
  ConnectorTarget,
  RequestLimits,
} from './connection.ts';
import {
  hasSdkCode,
  isBrokenConnection,
  isRefusal,
  toCallError,
  toConnectError,
  toListError,
  type WireTrace,
} from './sdk-errors.ts';
import { createSdkFetch, holdingStandingStream, withOversize } from './sdk-fetch.ts';
import { announcesToolChanges, watchTools } from './sdk-tool-watch.ts';

type Era = 'auto' | 'legacy' | 'modern';
type HttpTransport = StreamableHTTPClientTransport | SSEClientTransport;
type MakeTransport = (client: Client) => HttpTransport;
type Attempt = (makeTransport: MakeTransport, era: Era) => Promise<Connection>;

/** The revision that `modern` stands for. */
const MODERN_REVISION = '2026-07-28';

/** How long a handshake that nobody wants any more may take to end by itself, so that its session can be ended too. */
const HANDSHAKE_GRACE_MS = 500;

/** How much later than ours the SDK's own deadlines are: ours wait for what came in while the event loop stood still. */
const SDK_DEADLINE_SLACK_MS = 60_000;

/** How long the end of a session may take; the server forgets it anyway some day. */
const TERMINATE_TIMEOUT_MS = 1_000;

/** A page of tools with every member kept as it was sent; the SDK's own schema would drop unknown ones. */
const toolPageSchema = z.looseObject({
  tools: z.array(z.unknown()),
  nextCursor: z.string().optional(),
  ttlMs: z.number().nonnegative().optional().catch(undefined),
});

/** A {@link Connect} over the official SDK, all of whose requests go through `dispatcher`; an answer is at most `maxResultBytes` long. */
export function createSdkConnect(dispatcher: Dispatcher, maxResultBytes: number): Connect {
  return async (target, events, limits) => {
    const trace: WireTrace = { lastStatus: null, isUnreachable: false };
    const endsAtMs = monotonicMs() + limits.timeoutMs;
    const attempt: Attempt = async (makeTransport, era) => {
      limits.signal.throwIfAborted();
      return open(makeTransport, era, events, {
        signal: limits.signal,
        timeoutMs: Math.max(1, endsAtMs - monotonicMs()),
      });
    };
    try {
      return await connectByFallback(target, createSdkFetch(dispatcher, trace, maxResultBytes), events, trace, attempt);
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
  events: ConnectionEvents,
  trace: WireTrace,
  attempt: Attempt,
): Promise<Connection> {
  const options = {
    fetch,
    requestInit: { headers: { ...target.headers } },
    // A redirect to elsewhere would take headers with it that only this origin may see.
    redirectPolicy: 'same-origin' as const,
  };
  const overHttp = (era: Era): Promise<Connection> =>
    attempt((client) => {
      const wantsStream = (): boolean => announcesToolChanges(client);
      const held = holdingStandingStream(fetch, wantsStream, () => events.onToolsChanged());
      return new StreamableHTTPClientTransport(target.url, { ...options, fetch: held });
    }, era);
  const overSse = (): Promise<Connection> => attempt(() => new SSEClientTransport(target.url, options), 'legacy');
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
  makeTransport: MakeTransport,
  era: Era,
  events: ConnectionEvents,
  limits: RequestLimits,
): Promise<Connection> {
  const mode = era === 'modern' ? { pin: MODERN_REVISION } : era;
  const client = new Client({ name: 'mcp-switchyard', version: PACKAGE_VERSION }, { versionNegotiation: { mode } });
  const transport = makeTransport(client);
  // Of a handshake that fails, its own rejection tells; of a connection that is being closed there is nothing to tell.
  let isUp = false;
  client.onclose = () => {
    if (isUp) events.onLost(new Error('The connection was closed by the other side'));
  };
  let unwatch = (): void => {};
  // An SSE stream that breaks takes the answers to all calls under way with it, though the SDK opens another.
  client.onerror = (error) => {
    if (isUp && error instanceof SseError) events.onLost(new Error('The event stream broke', { cause: error }));
  };
  const close = async (): Promise<void> => {
    isUp = false;
    unwatch();
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
  unwatch = watchTools(client, events);
  return connectionOf(client, factsOf(client, transport), close);
}

function connectionOf(client: Client, facts: ConnectionFacts, close: () => Promise<void>): Connection {
  return {
    facts,
    async listToolsPage(cursor, limits) {
      const params = cursor === null ? {} : { cursor };
      const options = { signal: limits.signal, timeout: sdkTimeout(limits) };
      const ask = () => sized(limits, () => client.request({ method: 'tools/list', params }, toolPageSchema, options));
      try {
        // Safe to repeat, unlike a call: a kept connection may just have been closed by the server.
        const page = await ask().catch((error: unknown) => {
          if (!isBrokenConnection(error)) throw error;
          return ask();
        });
        return { tools: page.tools, nextCursor: page.nextCursor ?? null, ttlMs: page.ttlMs ?? null };
      } catch (error) {
        throw toListError(error, limits);
      }
    },
    async callTool(tool, args, limits) {
      const { outputSchema: _unchecked, ...definition } = tool;
      try {
        const options = {
          signal: limits.signal,
          timeout: sdkTimeout(limits),
          // Without an output schema the SDK need not compile a validator: 367 ms at the first of 1 000 tools otherwise.
          toolDefinition: definition as unknown as Tool,
          ...(limits.onProgress && { onprogress: limits.onProgress }),
        };
        return await sized(limits, () => client.callTool({ name: tool.name, arguments: { ...args } }, options));
      } catch (error) {
        throw toCallError(error, tool.name, limits);
      }
    },
    close,
  };
}

/** What `work` gives, or the coded error of an answer to it that is too large. */
async function sized<T>(limits: RequestLimits, work: () => Promise<T>): Promise<T> {
  const tooLarge = Promise.withResolvers<never>();
  tooLarge.promise.catch(() => {});
  return raceSignal(Promise.race([withOversize(tooLarge.reject, work), tooLarge.promise]), limits.signal);
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
