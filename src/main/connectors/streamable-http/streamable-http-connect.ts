import { raceSignal, settledWithin } from '../../../shared/clock.ts';
import { SwitchyardError } from '../../../shared/errors.ts';
import type { FromServer } from '../../mcp/json-rpc.ts';
import { recordStray } from '../../observability/instruments.ts';
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
import { ServerRequests } from '../messages/server-requests.ts';
import { type Handshake, shakeHands } from './handshake.ts';
import { requestFailure } from './request-failure.ts';
import { StreamableHttpSession } from './session.ts';
import { keepStandingStream } from './standing-stream.ts';
import { StreamableHttpConnection } from './streamable-http-connection.ts';

/** How long a handshake that is no longer wanted may take to end by itself, so that its session can be ended too. */
const HANDSHAKE_GRACE_MS = 500;

/** How long ending a session may take; the server forgets it anyway some day. */
const TERMINATE_TIMEOUT_MS = 1_000;

/**
 * A {@link Connect} over Streamable HTTP without the SDK: raw JSON-RPC over undici, in both eras. It fills
 * `options.eras` with what its handshakes find out.
 */
export function createStreamableHttpConnect(options: ConnectOptions): Connect {
  const { dispatcher, maxResultBytes, host, eras = new EraMemory() } = options;
  return async (target, events, limits) => {
    let isUp = false;
    const onMessage = (message: FromServer, answeredBy = host): void => {
      if (message.kind === 'request' || message.method === 'notifications/cancelled')
        questions.take(message, answeredBy);
      else if (!isUp) return;
      else if (message.method === 'notifications/tools/list_changed') events.onToolsChanged();
      else events.onNotification?.(message.method, message.params);
    };
    const { url, headers } = target;
    const { capabilities } = host;
    const answering = { dispatcher, url, headers, maxResultBytes, capabilities, onStray: recordStray, onMessage };
    const session: StreamableHttpSession = new StreamableHttpSession(answering);
    const questions = new ServerRequests(session, target.id);
    const handshake = shakeHands(session, target.era, capabilities, eras);
    const { facts, instanceId } = await settleHandshake(session, handshake, target, limits);
    // Otherwise the gateway would have its own tools among its tools, and those again, without end.
    if (host.instanceId !== undefined && instanceId === host.instanceId) {
      await session.close(TERMINATE_TIMEOUT_MS);
      throw new SwitchyardError('CONNECTOR_LOOP', `Connector ${target.id} is the gateway itself.`);
    }
    isUp = true;
    const stopListening = listen(session, facts, Object.keys(capabilities).length > 0, {
      onToolsChanged: () => events.onToolsChanged(),
      onNotification: events.onNotification,
      onLost: (error) => isUp && events.onLost(error),
    });
    return new StreamableHttpConnection(session, facts, { host, connectorId: target.id }, async () => {
      isUp = false;
      stopListening();
      questions.stop();
      await session.close(TERMINATE_TIMEOUT_MS);
    });
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
