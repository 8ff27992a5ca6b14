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
 * Delay between the handshake and opening the standing stream of a connector. Over HTTP/1.1, the stream occupies a
 * connection that other connectors need more urgently while they come up.
 */
const STREAM_DELAY_MS = 2_000;

/** Delay before a stream that ended is opened again. The delay is doubled each time the stream lasted only briefly. */
const REOPEN_MS = 1_000;
const MAX_REOPEN_MS = 300_000;

export interface StandingStreamEvents {
  /** Called when the stream is open. Notifications that the server sent earlier were missed. */
  onOpen(): void;
  /** Called when the server can no longer be reached, no longer knows the session, or no longer accepts the login. */
  onGone(error: Error): void;
}

/**
 * Keeps a stream open for the server's own requests and notifications. With a legacy server, the stream is a GET (MCP
 * 2025-11-25, listening for messages). With a modern server, it is a subscription to the notifications `notices` (MCP
 * 2026-07-28, subscriptions). If `isNeededAtOnce` is true, the stream is opened without delay, because calls may wait
 * for its messages.
 *
 * If the server answers 405 before the stream was ever open, it has no such stream, and no further attempt is made. The
 * callback `events.onGone` is called if the server is no longer reachable, no longer accepts the login, or no longer
 * knows the session of a stream that was open. After most other failures, the stream is opened again after a growing
 * pause, which is at least as long as `Retry-After`. The returned function ends the stream.
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
  // Only a login can resolve the refusal. If the connection used a login, the whole connection ends. If the connector
  // works without a login, only the stream ends.
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
        // The session was closed while the stream was open.
        if (reason instanceof ClosedConnection) isStopped = true;
        if (isStopped) return;
        if (isLoginError(reason) && reason.code === 'CONNECTOR_LOGIN_NEEDED') return wantsLogin(reason);
        const refusal = reason instanceof StatusError ? reason.refusal : null;
        if (!wasOpen && refusal?.status === 405) return;
        if (wasOpen && refusal?.kind === 'session-lost') return gone('The server no longer knows the session', reason);
        const failure = networkFailure(reason);
        if (refusal === null && failure.kind === 'network' && failure.isUnsent)
          return gone('The server is no longer reachable', reason);
        const lasted = monotonicMs() - openedMs > pauseMs;
        pauseMs = lasted ? REOPEN_MS : Math.min(MAX_REOPEN_MS, 2 * pauseMs);
        openIn(Math.max(pauseMs, refusal?.retryAfterMs ?? 0));
      },
    };
    const filter = { notifications: notices };
    // The stream is detached from the current trace, because it outlives the handshake.
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
