import type { IncomingHttpHeaders } from 'node:http';
import { monotonicMs, startTimer, type Timer } from '../../../shared/clock.ts';
import type { JsonObject } from '../../mcp/json-rpc.ts';
import { detached } from '../../observability/trace.ts';
import { ClosedConnection } from '../connection/failure.ts';
import { networkFailure } from '../connection/network-failure.ts';
import { isEventStream } from '../exchange/body-reader.ts';
import type { AbortExchange } from '../exchange/http-exchange.ts';
import type { StreamableHttpSession, StreamSink } from './session.ts';

/**
 * How long after the handshake the standing stream of a connector is opened. Over HTTP/1.1 it takes a connection for itself, which the
 * connectors that still come up need more.
 */
const STREAM_DELAY_MS = 2_000;

/** How long before a stream that ended is opened again; twice as long each time that it did not last. */
const REOPEN_MS = 1_000;
const MAX_REOPEN_MS = 300_000;

export interface StandingStreamEvents {
  /** It is open: what the server said before went to nobody. */
  onOpen(): void;
  /** The server, or its session, is gone. */
  onGone(error: Error): void;
}

/**
 * Keeps the stream open over which a server speaks of its own accord: a GET in the legacy era (MCP 2025-11-25, listening for messages), a
 * subscription in the modern one (MCP 2026-07-28, subscriptions). At once where a call may wait for what comes over it. A server that refuses it once is left in peace. A modern server is told
 * which `notices` are wanted. The returned function ends it.
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
  const open = (): void => {
    let openedMs = Number.POSITIVE_INFINITY;
    const reopen = (): void => {
      if (isStopped) return;
      const lasted = monotonicMs() - openedMs > pauseMs;
      pauseMs = lasted ? REOPEN_MS : Math.min(MAX_REOPEN_MS, 2 * pauseMs);
      openIn(pauseMs);
    };
    const filter = { notifications: notices };
    const onHead = (status: number, headers: IncomingHttpHeaders): void => {
      const isStream = isEventStream(status, headers);
      if (isStream) {
        openedMs = monotonicMs();
        wasOpen = true;
        events.onOpen();
      } else if (status < 500 && status !== 429) {
        // What else it says is not read: there may be no end to it.
        stop(new Error(`The stream was answered with ${status}`));
        // At first it says that there is no such stream; later, that the session is unknown.
        if (wasOpen && status === 404) events.onGone(new Error('The session is gone'));
      }
    };
    const sink: StreamSink = {
      onHead,
      onEventId: (id) => {
        lastEventId = id || null;
      },
      onRetry: (ms) => {
        pauseMs = Math.min(MAX_REOPEN_MS, Math.max(ms, REOPEN_MS));
      },
      onEnd: reopen,
      onFailure: (error) => {
        // Its session was ended under it.
        if (error instanceof ClosedConnection) isStopped = true;
        if (isStopped) return;
        const failure = networkFailure(error);
        if (failure.kind === 'network' && failure.isUnsent) {
          isStopped = true;
          events.onGone(new Error('The connector is no longer there', { cause: error }));
        } else reopen();
      },
    };
    // It outlives the handshake, and is none of its requests.
    abort = detached(() => session.openStream('subscriptions/listen', filter, lastEventId, sink));
  };
  const stop = (reason: Error): void => {
    isStopped = true;
    timer?.cancel();
    abort?.(reason);
  };
  if (isNeededAtOnce) open();
  else openIn(STREAM_DELAY_MS);
  return () => stop(new Error('The connection is closed'));
}
