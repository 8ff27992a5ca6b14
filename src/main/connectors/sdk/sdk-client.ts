import { AsyncLocalStorage } from 'node:async_hooks';
import {
  Client,
  type SSEClientTransport,
  SseError,
  StreamableHTTPClientTransport,
  type Tool,
  type Transport,
  UnauthorizedError,
} from '@modelcontextprotocol/client';
import * as z from 'zod';
import { raceSignal, settledWithin } from '../../../shared/clock.ts';
import { SwitchyardError } from '../../../shared/errors.ts';
import { CLIENT_INFO } from '../../mcp/client-info.ts';
import { answeredMethods, type HostSide } from '../../mcp/host-side.ts';
import { MODERN_REVISION } from '../../mcp/json-rpc.ts';
import type { ToolProgress } from '../../mcp/tool-result.ts';
import type { ConnectorOAuth } from '../../options/host-interfaces.ts';
import type {
  CallLimits,
  Connection,
  ConnectionEvents,
  ConnectionFacts,
  RequestLimits,
  RequestTraffic,
} from '../connection/connection.ts';
import { isBrokenConnection, toCallError, toListError } from '../connection/failure.ts';
import { countStrays } from './count-stray-answers.ts';
import { networkCause, requestFailure, withoutBody } from './sdk-errors.ts';
import { withOversize } from './sdk-fetch.ts';
import { watchTools } from './sdk-tool-watch.ts';

export type Era = 'auto' | 'legacy' | 'modern';
export type HttpTransport = StreamableHTTPClientTransport | SSEClientTransport;

/** What one attempt connects. */
export interface SdkParts {
  readonly client: Client;
  readonly transport: HttpTransport;
  readonly oauth: ConnectorOAuth | null;
  /** What is known of why a stream broke, besides what the SDK says. */
  readonly brokenBy: () => Error | null;
}

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

/**
 * Who answers what a connector asks because of the request that this code runs in. The SDK knows that of modern connectors alone, whose questions come with
 * the answer.
 */
const asked = new AsyncLocalStorage<HostSide>();

/** A result with every member kept as it was sent. */
const anyResultSchema = z.looseObject({});

/** A client of the SDK that answers for the host. */
export function createSdkClient(era: Era, host: HostSide, connectorId: string): Client {
  const mode = era === 'modern' ? { pin: MODERN_REVISION } : era;
  const { capabilities } = host;
  const client = new Client(CLIENT_INFO, { versionNegotiation: { mode }, capabilities });
  for (const method of answeredMethods(host)) {
    client.setRequestHandler(method, async (request, context) => {
      const { signal } = context.mcpReq;
      const params = (request.params ?? {}) as Readonly<Record<string, unknown>>;
      // What the host answers is its own; the SDK checks it.
      const answer = asked.getStore()?.answer ?? host.answer;
      return (await answer({ connectorId, method, params, signal })) as never;
    });
  }
  return client;
}

/** Shakes hands over a client of the SDK. Rejects as the SDK does, or with the signal's reason, leaving nothing open. */
export async function openSdkClient(
  { client, transport, oauth, brokenBy }: SdkParts,
  events: ConnectionEvents,
  limits: RequestLimits,
): Promise<Connection> {
  // Of a handshake that fails, its own rejection tells; of a connection that is being closed there is nothing to tell.
  let isUp = false;
  let reason: Error | null = null;
  client.fallbackNotificationHandler = async ({ method, params }) => {
    if (isUp) events.onNotification?.(method, { ...params });
  };
  client.onclose = () => {
    if (isUp) events.onLost(reason ?? new Error('The connection was closed by the other side'));
  };
  let unwatch = (): void => {};
  client.onerror = (error) => {
    // What a program says of its end comes before the end.
    if (error instanceof SwitchyardError) reason = error;
    // An SSE stream that breaks takes the answers to all calls under way with it, though the SDK opens another.
    if (isUp && error instanceof SseError)
      events.onLost(brokenBy() ?? new Error('The event stream broke', { cause: error }));
  };
  const close = async (): Promise<void> => {
    isUp = false;
    unwatch();
    if (transport instanceof StreamableHTTPClientTransport) await endSession(transport);
    await client.close().catch(() => {});
  };
  countStrays(transport as Transport);
  // The signal stays out of the handshake: cut short, it could leave a session that nobody knows the name of.
  // What the connection hears belongs to no request that it may have been made for.
  const handshake = asked.exit(() => client.connect(transport, { timeout: sdkTimeout(limits) }));
  try {
    await raceSignal(handshake, limits.signal);
  } catch (error) {
    await settledWithin(handshake, HANDSHAKE_GRACE_MS);
    await close();
    throw error;
  }
  isUp = true;
  unwatch = watchTools(client, events);
  const authorized = <T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> =>
    work().catch(async (error: unknown) => {
      // The tool wants more than the token allows, and the user was sent to grant it (MCP 2025-11-25, scope challenges).
      if (oauth === null || !(error instanceof UnauthorizedError) || !('finishAuth' in transport)) throw error;
      await finishLogin(transport, oauth, signal);
      return work();
    });
  return connectionOf(client, factsOf(client, transport), authorized, close);
}

/** Takes the user's coming back from the authorization server for tokens. */
export async function finishLogin(transport: HttpTransport, oauth: ConnectorOAuth, signal: AbortSignal): Promise<void> {
  await transport.finishAuth(await raceSignal(oauth.callback(signal), signal));
}

type Authorized = <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T>;

function connectionOf(
  client: Client,
  facts: ConnectionFacts,
  authorized: Authorized,
  close: () => Promise<void>,
): Connection {
  const exchange = async <T>(what: string, limits: CallLimits, work: () => Promise<T>): Promise<T> => {
    const run = () => sized(limits, work);
    const { host } = limits;
    try {
      return await authorized(limits.signal, () => (host === undefined ? run() : asked.run(host, run)));
    } catch (error) {
      if (limits.signal.aborted) throw limits.signal.reason;
      throw toCallError(requestFailure(error), withoutBody(error), what, limits);
    }
  };
  return {
    facts,
    async listToolsPage(cursor, limits) {
      const params = cursor === null ? {} : { cursor };
      const options = { signal: limits.signal, timeout: sdkTimeout(limits) };
      const ask = () => sized(limits, () => client.request({ method: 'tools/list', params }, toolPageSchema, options));
      try {
        // Safe to repeat, unlike a call: a kept connection may just have been closed by the server.
        const page = await authorized(limits.signal, ask).catch((error: unknown) => {
          if (!isBrokenConnection(networkCause(error))) throw error;
          return ask();
        });
        return { tools: page.tools, nextCursor: page.nextCursor ?? null, ttlMs: page.ttlMs ?? null };
      } catch (error) {
        if (limits.signal.aborted) throw limits.signal.reason;
        throw toListError(requestFailure(error), withoutBody(error), limits);
      }
    },
    async callTool(tool, args, limits) {
      const { outputSchema: _unchecked, ...definition } = tool;
      const options = {
        signal: limits.signal,
        timeout: sdkTimeout(limits),
        // Without an output schema the SDK need not compile a validator: 367 ms at the first of 1 000 tools otherwise.
        toolDefinition: definition as unknown as Tool,
        ...trafficOptions(limits),
      };
      const params = { ...limits.params, name: tool.name, arguments: { ...args } };
      return exchange(`Tool ${tool.name}`, limits, () => client.callTool(params, options));
    },
    request(method, params, limits) {
      const options = { signal: limits.signal, timeout: sdkTimeout(limits), ...trafficOptions(limits) };
      return exchange(`Request ${method}`, limits, () => client.request({ method, params }, anyResultSchema, options));
    },
    async watchResource(uri, limits) {
      if (client.getProtocolEra() === 'modern') {
        const stop = new AbortController();
        await exchange('Request subscriptions/listen', limits, () =>
          client.listen({ resourceSubscriptions: [uri] }, { signal: stop.signal }),
        );
        return () => stop.abort(new Error('The resource is no longer watched'));
      }
      await this.request('resources/subscribe', { uri }, limits);
      return () =>
        void client.unsubscribeResource({ uri }).catch(() => {
          // Nobody waits for what it tells any more.
        });
    },
    close,
  };
}

function trafficOptions({ onProgress, returnsInputRequests }: RequestTraffic) {
  return {
    ...(onProgress && { onprogress: (progress: ToolProgress) => onProgress(progress, { ...progress }) }),
    ...(returnsInputRequests === true && { allowInputRequired: true }),
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

function factsOf(client: Client, transport: SdkParts['transport']): ConnectionFacts {
  return {
    era: client.getProtocolEra() ?? 'unknown',
    transport: kindOf(transport),
    protocolVersion: client.getNegotiatedProtocolVersion() ?? null,
    serverName: client.getServerVersion()?.name ?? null,
    capabilities: { ...client.getServerCapabilities() },
  };
}

function kindOf(transport: SdkParts['transport']): ConnectionFacts['transport'] {
  return transport instanceof StreamableHTTPClientTransport ? 'streamable-http' : 'sse';
}

/** DELETEs the session (MCP 2025-03-26, session management). A server may refuse that, or be gone already. */
async function endSession(transport: StreamableHTTPClientTransport): Promise<void> {
  if (transport.sessionId !== undefined) await settledWithin(transport.terminateSession(), TERMINATE_TIMEOUT_MS);
}
