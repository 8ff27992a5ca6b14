import { raceSignal, settledWithin } from '../../../shared/clock.ts';
import type { HostSide } from '../../mcp/host-side.ts';
import type { FromServer } from '../../mcp/json-rpc.ts';
import { recordStray } from '../../observability/instruments.ts';
import { transportAttributes } from '../../observability/telemetry/mcp-attributes.ts';
import { TracedChannel } from '../../observability/telemetry/traced-channel.ts';
import type {
  Connect,
  ConnectionEvents,
  ConnectionFacts,
  ConnectOptions,
  ConnectorTarget,
  RequestLimits,
} from '../connection/connection.ts';
import { EraMemory } from '../connection/era-memory.ts';
import { toConnectError } from '../connection/failure.ts';
import { announcedLists, mayTellMore, noticesOf } from '../messages/announced-lists.ts';
import { assertNotSelf, type Handshake, shakeHands } from '../messages/handshake.ts';
import { MessageConnection } from '../messages/message-connection.ts';
import { requestFailure } from '../messages/request-failure.ts';
import { ServerMessages } from '../messages/server-messages.ts';
import { StreamableHttpSession } from './session.ts';
import { keepStandingStream } from './standing-stream.ts';

/** How long a handshake that is no longer wanted may take to end by itself, so that its session can be ended too. */
const HANDSHAKE_GRACE_MS = 2_000;

/** The events of a stream whose messages alone matter. */
const UNHEARD = { onOpen: () => {}, onGone: () => {} };

/** How long ending a session may take; the server forgets it anyway some day. */
const TERMINATE_TIMEOUT_MS = 1_000;

/**
 * A {@link Connect} over Streamable HTTP without the SDK: raw JSON-RPC over undici, in both eras. It fills
 * `options.eras` with what its handshakes find out.
 */
export function createStreamableHttpConnect(options: ConnectOptions): Connect {
  const { dispatcher, maxResultBytes, host, eras = new EraMemory() } = options;
  return async (target, events, limits) => {
    const messages: ServerMessages = new ServerMessages(() => session, target.id, host, events);
    const onMessage = (message: FromServer, answeredBy?: HostSide): void => messages.take(message, answeredBy);
    const { url, headers } = target;
    const { capabilities } = host;
    const answering = { dispatcher, url, headers, maxResultBytes, capabilities, onStray: recordStray, onMessage };
    const session = new StreamableHttpSession(answering);
    const channel = new TracedChannel(session, transportAttributes('http', url));
    const handshake = shakeHands(channel, target.era, capabilities, {
      endpoint: url.href,
      eras,
      transport: 'streamable-http',
    });
    const agreed = await settleHandshake(session, handshake, target, limits);
    const { facts } = agreed;
    try {
      assertNotSelf(host, agreed, target.id);
    } catch (error) {
      await session.close(TERMINATE_TIMEOUT_MS);
      throw error;
    }
    messages.up();
    const stopListening = listen(session, facts, Object.keys(capabilities).length > 0, {
      onToolsChanged: () => events.onToolsChanged(),
      onNotification: events.onNotification,
      onLost: (error) => messages.isUp && events.onLost(error),
    });
    return new MessageConnection(
      channel,
      facts,
      { host, connectorId: target.id },
      {
        subscribe: (uri) => keepStandingStream(session, { resourceSubscriptions: [uri] }, true, UNHEARD),
        async end() {
          messages.down();
          stopListening();
          await session.close(TERMINATE_TIMEOUT_MS);
        },
      },
    );
  };
}

/** Resolves as the handshake does. If it fails or the signal aborts, ends the session and rejects. */
async function settleHandshake(
  session: StreamableHttpSession,
  handshake: Promise<Handshake>,
  target: ConnectorTarget,
  limits: RequestLimits,
): Promise<Handshake> {
  try {
    // The handshake itself does not get the signal: cut short, it could leave a session whose id nobody knows.
    return await raceSignal(handshake, limits.signal);
  } catch (error) {
    await settledWithin(handshake, HANDSHAKE_GRACE_MS);
    await session.close(TERMINATE_TIMEOUT_MS);
    if (limits.signal.aborted) throw limits.signal.reason;
    throw toConnectError(requestFailure(error), error, target, limits);
  }
}

/** Keeps a standing stream open where the server has something to say over it. The returned function ends it. */
function listen(
  session: StreamableHttpSession,
  facts: ConnectionFacts,
  hostAnswers: boolean,
  events: ConnectionEvents,
): () => void {
  // A legacy server asks the host over its standing stream, too; calls may wait for the answer.
  const isNeededAtOnce = facts.era === 'legacy' && hostAnswers;
  const hearsAll = events.onNotification !== undefined;
  const notices = announcedLists(facts.capabilities, hearsAll);
  const hasNotices = Object.keys(notices).length > 0 || (hearsAll && mayTellMore(facts));
  if (!isNeededAtOnce && !hasNotices) return () => {};
  return keepStandingStream(session, notices, isNeededAtOnce, {
    onOpen: () => {
      events.onToolsChanged();
      for (const method of noticesOf(notices)) events.onNotification?.(method, {});
    },
    onGone: (error) => events.onLost(error),
  });
}
