import { raceSignal, settledWithin } from '../../../shared/clock.ts';
import type { HostSide } from '../../mcp/host-side.ts';
import type { FromServer } from '../../mcp/json-rpc.ts';
import { recordStray } from '../../observability/instruments.ts';
import { transportAttributes } from '../../observability/telemetry/mcp-attributes.ts';
import { TracedChannel } from '../../observability/telemetry/traced-channel.ts';
import type {
  Connect,
  ConnectionEvents,
  ConnectOptions,
  ConnectorTarget,
  RequestLimits,
} from '../connection/connection.ts';
import { EraMemory } from '../connection/era-memory.ts';
import { ClosedConnection, toConnectError } from '../connection/failure.ts';
import { assertNotSelf, type Handshake, shakeHands } from '../messages/handshake.ts';
import type { MessageChannel } from '../messages/message-channel.ts';
import { MessageConnection } from '../messages/message-connection.ts';
import { recordedChannel } from '../messages/recording/recorded-channel.ts';
import { requestFailure } from '../messages/request-failure.ts';
import { ServerMessages } from '../messages/server-messages.ts';
import { SseChannel } from './sse-channel.ts';

/**
 * Time limit for the server to send the address of its endpoint after the client has abandoned the stream. If the
 * stream were closed earlier, the server might not notice, and would keep the session.
 */
const OPENING_GRACE_MS = 2_000;

/** Creates a {@link Connect} over the legacy HTTP+SSE transport (MCP 2024-11-05). */
export function createSseConnect(options: Pick<ConnectOptions, 'dispatcher' | 'maxResultBytes' | 'host'>): Connect {
  const { host } = options;
  return async (target, events, limits) => {
    limits.signal.throwIfAborted();
    const messages: ServerMessages = new ServerMessages(() => channel, target, host, events);
    const channel = createChannel(options, target, messages, events);
    const traced = recordedChannel(new TracedChannel(channel, transportAttributes('http', target.url)), target.record);
    const agreed = await settleHandshake(channel, traced, host, target, limits);
    try {
      assertNotSelf(host, agreed, target.id);
    } catch (error) {
      channel.end(new ClosedConnection());
      throw error;
    }
    messages.up();
    const answerer = { host, connectorId: target.id };
    return new MessageConnection(traced, agreed.facts, answerer, {
      // No further stream is needed, because a legacy SSE server sends notifications about resources over its only
      // stream.
      subscribe: () => () => {},
      async end() {
        messages.down();
        channel.end(new ClosedConnection());
      },
    });
  };
}

function createChannel(
  { dispatcher, maxResultBytes }: Pick<ConnectOptions, 'dispatcher' | 'maxResultBytes'>,
  { url, headers, credentials }: ConnectorTarget,
  messages: ServerMessages,
  events: ConnectionEvents,
): SseChannel {
  return new SseChannel({
    dispatcher,
    url,
    headers,
    credentials,
    maxResultBytes,
    onStray: recordStray,
    onMessage: (message: FromServer, answeredBy?: HostSide) => messages.take(message, answeredBy),
    onEnd: (reason) => {
      const wasUp = messages.isUp;
      messages.down();
      if (wasUp) events.onLost(reason);
    },
  });
}

/**
 * Waits for the handshake, and resolves with its result. If the handshake fails or the signal aborts, ends the session
 * and rejects.
 */
async function settleHandshake(
  channel: SseChannel,
  traced: MessageChannel,
  host: HostSide,
  target: ConnectorTarget,
  limits: RequestLimits,
): Promise<Handshake> {
  const { signal } = limits;
  const opened = channel.open();
  try {
    await raceSignal(opened, signal);
    const how = { endpoint: target.url.href, eras: new EraMemory(), transport: 'sse' } as const;
    return await raceSignal(shakeHands(traced, 'legacy', host.capabilities, how), signal);
  } catch (error) {
    if (signal.aborted) await settledWithin(opened, OPENING_GRACE_MS);
    channel.end(new ClosedConnection());
    if (signal.aborted) throw signal.reason;
    throw toConnectError(requestFailure(error), error, target, limits);
  }
}
