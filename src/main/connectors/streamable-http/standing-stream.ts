import { monotonicMs, startTimer, type Timer } from '../../../shared/clock.ts';
import type { SwitchyardError } from '../../../shared/errors.ts';
import type { JsonObject } from '../../mcp/json-rpc.ts';
import { detached } from '../../observability/trace.ts';
import { ClosedConnection } from '../connection/failure.ts';
import { StatusError } from '../connection/http-refusal.ts';
import { networkFailure } from '../connection/network-failure.ts';
import { isLoginError } from '../credentials/login-error.ts';
import type { AbortExchange } from '../exchange/http-request.ts';
import type { StreamSink } from './open-stream.ts';
import type { StreamableHttpSession } from './session.ts';

/**
 * How long after the handshake the standing stream of a connector is opened. Over HTTP/1.1 it takes a connection for
 * itself, which the connectors that still come up need more.
 */
const STREAM_DELAY_MS = 2_000;

/** How long before a stream that ended is opened again; twice as long each time that it did not last. */
const REOPEN_MS = 1_000;
const MAX_REOPEN_MS = 300_000;

export interface StandingStreamEvents {
  /** The stream is open. Nobody heard what the server said before. */
  onOpen(): void;
  /** The server, or its session, is gone. */
  onGone(error: Error): void;
}

/**
 * Keeps the stream open over which a server speaks of its own accord: a GET in the legacy era (MCP 2025-11-25, listening
 * for messages), a subscription in the modern one (MCP 2026-07-28, subscriptions), which names the `notices` that are
 * wanted. It is opened at once where a call may wait for what comes over it.
 *
 * A server that answers its first opening with 405 has no such stream. For any other reason the stream is opened again
 * after a pause, which grows, and which is at least what `Retry-After` asks for. A stream that was open and is refused
 * because the session is lost ends the connection, and so does a server that is no longer there. The returned function
 * ends the stream.
 */
export function keepStandingStream(
  session: StreamableHttpSession,
  notices: JsonObject,
  isNeededAtOnce: boolean,
  events: StandingStreamEvents,
): () => void {
  let isStopped = false;
  let wasOpen = false;
  let lastEventId: string | null = null;
  let pauseMs = REOPEN_MS;
  let timer: Timer | null = null;
  let abort: AbortExchange | null = null;

  const openIn = (delayMs: number): void => {
    timer = startTimer(delayMs, open);
  };
  const gone = (message: string, cause: unknown): void => {
    isStopped = true;
    events.onGone(new Error(message, { cause }));
  };
  // Nothing but a login helps. It takes the connection with it where that had one, and the stream alone where the
  // connector works without.
  const wantsLogin = (error: SwitchyardError): void => {
    isStopped = true;
    if (error.detail.wasAuthorized === true && error.detail.status === 401) events.onGone(error);
  };
  const open = (): void => {
    let openedMs = Number.POSITIVE_INFINITY;
    const sink: StreamSink = {
      onOpen() {
        openedMs = monotonicMs();
        wasOpen = true;
        events.onOpen();
      },
      onEventId(id) {
        lastEventId = id || null;
      },
      onRetry(ms) {
        pauseMs = Math.min(MAX_REOPEN_MS, Math.max(ms, REOPEN_MS));
      },
      onOver(reason) {
        // Its session was ended under it.
        if (reason instanceof ClosedConnection) isStopped = true;
        if (isStopped) return;
        if (isLoginError(reason) && reason.code === 'CONNECTOR_LOGIN_NEEDED') return wantsLogin(reason);
        const refusal = reason instanceof StatusError ? reason.refusal : null;
        if (!wasOpen && refusal?.status === 405) return;
        if (wasOpen && refusal?.kind === 'session-lost') return gone('The session is gone', reason);
        const failure = networkFailure(reason);
        if (refusal === null && failure.kind === 'network' && failure.isUnsent)
          return gone('The connector is no longer there', reason);
        const lasted = monotonicMs() - openedMs > pauseMs;
        pauseMs = lasted ? REOPEN_MS : Math.min(MAX_REOPEN_MS, 2 * pauseMs);
        openIn(Math.max(pauseMs, refusal?.retryAfterMs ?? 0));
      },
    };
    const filter = { notifications: notices };
    // It outlives the handshake, and is none of its requests.
    abort = detached(() => session.openStream('subscriptions/listen', filter, lastEventId, sink));
  };
  if (isNeededAtOnce) open();
  else openIn(STREAM_DELAY_MS);
  return () => {
    isStopped = true;
    timer?.cancel();
    abort?.(new Error('The connection is closed'));
  };
}
