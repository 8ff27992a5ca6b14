import { raceSignal, startTimer, type Timer } from '../../../shared/clock.ts';
import { SwitchyardError } from '../../../shared/errors.ts';
import { SideDispatcher } from '../../http/bring-up-dispatcher.ts';
import { asDispatcher } from '../../http/late-agent.ts';
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
import { watched } from '../credentials/watched-credentials.ts';
import { announcedLists, mayTellMore, noticesOf } from '../messages/announced-lists.ts';
import { firstListOf } from '../messages/era/first-list.ts';
import { assertNotSelf, type Handshake, shakeHands } from '../messages/handshake.ts';
import { MessageConnection } from '../messages/message-connection.ts';
import { recordedChannel } from '../messages/recording/recorded-channel.ts';
import { requestFailure } from '../messages/request-failure.ts';
import { ServerMessages } from '../messages/server-messages.ts';
import { EarlyList, quiet } from './early-list.ts';
import { StreamableHttpSession } from './session.ts';
import { keepStandingStream } from './standing-stream.ts';

/** How long an abandoned handshake may take to end without being aborted, so that its session can be ended too. */
const HANDSHAKE_GRACE_MS = 2_000;

/** Callbacks for a stream of which only the messages matter. They ignore that the stream opened or ended. */
const UNHEARD = { onOpen: () => {}, onGone: () => {} };

/** Time limit for ending a session. A session that was not ended eventually expires at the server. */
const TERMINATE_TIMEOUT_MS = 1_000;

/** How long the modern probe may stay unanswered before `initialize` is sent in parallel. */
const SILENCE_MS = 2_000;

/** Fraction of the handshake's time limit after which an unanswered probe is abandoned, if SSE may still be tried. */
const PATIENCE = 0.8;

/**
 * Creates a {@link Connect} over Streamable HTTP for modern and legacy servers. It sends JSON-RPC over undici, without
 * the SDK. Its handshakes record in `options.eras` which protocol generation each server uses.
 */
export function createStreamableHttpConnect(options: ConnectOptions): Connect {
  const { host, eras = new EraMemory() } = options;
  return async (target, events, limits) => {
    const messages: ServerMessages = new ServerMessages(() => session, target, host, events);
    const { credentials, isAwaited } = watched(target.credentials);
    const open = (): StreamableHttpSession => openSession(options, { ...target, credentials }, messages, events);
    const endpoint = target.url.href;
    const listsAtOnce = target.listsAtOnce === true && !eras.isStrict(endpoint);
    // The modern and the legacy handshake may run in parallel, so each has its own session.
    const modern = open();
    const legacy = open();
    let session = legacy;
    const transport = transportAttributes('http', target.url);
    const traced = {
      modern: recordedChannel(new TracedChannel(modern, transport), target.record),
      legacy: recordedChannel(new TracedChannel(legacy, transport), target.record),
    };
    const handshake = shakeHands(traced.modern, target.era, host.capabilities, {
      ...{ endpoint, eras, listsAtOnce },
      transport: 'streamable-http',
      legacyChannel: traced.legacy,
      whenSilent: (begin) => afterSilence(begin, isAwaited),
      patienceMs: PATIENCE * limits.timeoutMs,
    });
    const early = listsAtOnce && modern.isModern ? openEarlyList(options, target) : null;
    const agreed = await settleHandshake([modern, legacy], handshake, host, target, limits).catch(
      async (error: unknown) => {
        if (early?.isSent === true) eras.noteStrict(endpoint);
        await early?.close();
        throw error;
      },
    );
    const { facts } = agreed;
    session = facts.era === 'modern' ? modern : legacy;
    const other = session === modern ? legacy : modern;
    const ended = other.abandon(HANDSHAKE_GRACE_MS, TERMINATE_TIMEOUT_MS);
    const firstList = firstListOf(agreed, early, {
      onFailed: () => eras.noteStrict(endpoint),
      coded: (error) => toConnectError(requestFailure(error), error, target, limits),
      onRefused: (error) => {
        eras.noteStrict(endpoint);
        if (messages.isUp) events.onLost(error);
      },
    });
    messages.up();
    const stopListening = listen(session, facts, Object.keys(host.capabilities).length > 0, {
      onToolsChanged: () => events.onToolsChanged(),
      onNotification: events.onNotification,
      onLost: (error) => messages.isUp && events.onLost(error),
    });
    return new MessageConnection(
      facts.era === 'modern' ? traced.modern : traced.legacy,
      facts,
      { host, connectorId: target.id },
      {
        subscribe: (uri) => keepStandingStream(session, { resourceSubscriptions: [uri] }, true, UNHEARD),
        async end() {
          messages.down();
          stopListening();
          await Promise.all([session.close(TERMINATE_TIMEOUT_MS), ended, early?.close()]);
        },
      },
      firstList,
    );
  };
}

/** Requests the tool list in parallel with `server/discover`. */
function openEarlyList(options: ConnectOptions, target: ConnectorTarget): EarlyList {
  const { maxResultBytes, host } = options;
  const { url, headers, credentials } = target;
  const side = { isGivenUp: false, isSent: false };
  const session = new StreamableHttpSession({
    dispatcher: asDispatcher(new SideDispatcher(options.dispatcher, side)),
    ...{ url, headers, maxResultBytes },
    credentials: quiet(credentials),
    capabilities: host.capabilities,
    // A modern server sends no requests over the stream of a response. Notifications that it sends with the early list
    // are dropped, because this connection is not up yet.
    ...{ onMessage: () => {}, onStray: () => {}, onSessionLost: () => {} },
  });
  return new EarlyList(session, side, target.record);
}

function openSession(
  { dispatcher, maxResultBytes, host }: ConnectOptions,
  { url, headers, credentials }: ConnectorTarget,
  messages: ServerMessages,
  events: ConnectionEvents,
): StreamableHttpSession {
  return new StreamableHttpSession({
    dispatcher,
    url,
    headers,
    credentials,
    maxResultBytes,
    capabilities: host.capabilities,
    onStray: recordStray,
    onMessage: (message: FromServer, answeredBy?: HostSide) => messages.take(message, answeredBy),
    onSessionLost: (error) => void (messages.isUp && events.onLost(error)),
  });
}

/**
 * Calls `begin` once the server has been silent for SILENCE_MS. While the request waits for credentials, such as a
 * login that the server demanded, `begin` is not called.
 */
function afterSilence(begin: () => void, isAwaited: () => boolean): () => void {
  const wait = (): Timer => startTimer(SILENCE_MS, over, { keepAlive: true });
  const over = (): void => {
    if (isAwaited()) timer = wait();
    else begin();
  };
  let timer = wait();
  return () => timer.cancel();
}

/**
 * Waits for the handshake, and resolves with its result. If the handshake fails or the signal aborts, ends the sessions
 * and rejects.
 */
async function settleHandshake(
  sessions: readonly StreamableHttpSession[],
  handshake: Promise<Handshake>,
  host: HostSide,
  target: ConnectorTarget,
  limits: RequestLimits,
): Promise<Handshake> {
  try {
    // The signal does not abort the handshake itself, which could leave a session with an unknown id at the server.
    const agreed = await raceSignal(handshake, limits.signal);
    assertNotSelf(host, agreed, target.id);
    return agreed;
  } catch (error) {
    await Promise.all(sessions.map((session) => session.abandon(HANDSHAKE_GRACE_MS, TERMINATE_TIMEOUT_MS)));
    if (limits.signal.aborted) throw limits.signal.reason;
    if (error instanceof SwitchyardError && error.code === 'CONNECTOR_LOOP') throw error;
    throw toConnectError(requestFailure(error), error, target, limits);
  }
}

/** Keeps a standing stream open if the server may send messages over it. The returned function ends the stream. */
function listen(
  session: StreamableHttpSession,
  facts: ConnectionFacts,
  hostAnswers: boolean,
  events: ConnectionEvents,
): () => void {
  // A legacy server sends its requests to the host over the standing stream too. A call may wait until the host has
  // answered such a request.
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
