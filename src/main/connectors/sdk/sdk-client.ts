import {
  Client,
  type SSEClientTransport,
  SseError,
  StreamableHTTPClientTransport,
  type Transport,
  UnauthorizedError,
} from '@modelcontextprotocol/client';
import { raceSignal, settledWithin } from '../../../shared/clock.ts';
import { answeredMethods, CLIENT_INFO, type HostSide } from '../../mcp/host-side.ts';
import { MODERN_REVISION } from '../../mcp/json-rpc.ts';
import { recordStray } from '../../observability/instruments.ts';
import type { ConnectorOAuth } from '../../options/host-interfaces.ts';
import type { Connection, ConnectionEvents, ConnectionFacts, RequestLimits } from '../connection/connection.ts';
import { asked, sdkConnectionOf, sdkTimeout } from './sdk-requests.ts';
import { watchTools } from './sdk-tool-watch.ts';

export type Era = 'auto' | 'legacy' | 'modern';
export type HttpTransport = StreamableHTTPClientTransport | SSEClientTransport;

/** What one attempt connects. */
export interface SdkParts {
  readonly client: Client;
  readonly transport: HttpTransport;
  readonly oauth: ConnectorOAuth;
  /** What is known of why a stream broke, besides what the SDK says. */
  readonly brokenBy: () => Error | null;
}

/** How long a handshake that is no longer wanted may take to end by itself, so that its session can be ended too. */
const HANDSHAKE_GRACE_MS = 2_000;

/** How long the end of a session may take; the server forgets it anyway some day. */
const TERMINATE_TIMEOUT_MS = 1_000;

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

/** Connects a client of the SDK. Rejects as the SDK does, or with the signal's reason, leaving nothing open. */
export async function openSdkClient(
  { client, transport, oauth, brokenBy }: SdkParts,
  events: ConnectionEvents,
  limits: RequestLimits,
): Promise<Connection> {
  // A handshake that fails rejects; a connection that is being closed has nothing to tell.
  let isUp = false;
  client.fallbackNotificationHandler = async ({ method, params }) => {
    if (isUp) events.onNotification?.(method, { ...params });
  };
  client.onclose = () => {
    if (isUp) events.onLost(new Error('The connection was closed by the other side'));
  };
  let unwatch = (): void => {};
  client.onerror = (error) => {
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
      if (!(error instanceof UnauthorizedError)) throw error;
      await finishLogin(transport, oauth, signal);
      return work();
    });
  return sdkConnectionOf(client, factsOf(client, transport), authorized, close);
}

/** Takes the user's coming back from the authorization server for tokens. */
export async function finishLogin(transport: HttpTransport, oauth: ConnectorOAuth, signal: AbortSignal): Promise<void> {
  await transport.finishAuth(await raceSignal(oauth.callback(signal), signal));
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

/** Counts answers that nobody waits for, which the SDK's client ignores. Call it before the client connects. */
function countStrays(transport: Transport): void {
  const waiting = new Set<unknown>();
  const send = transport.send.bind(transport);
  transport.send = (message, options) => {
    if ('method' in message && 'id' in message) waiting.add(message.id);
    // A request that was given up may still be answered.
    if ('method' in message && message.method === 'notifications/cancelled') waiting.delete(message.params?.requestId);
    return send(message, options);
  };
  transport.onmessage = (message) => {
    if (!('method' in message) && !waiting.delete(message.id)) recordStray();
  };
}
