import { startTimer } from '../../../shared/clock.ts';
import { asRpcError, parseJson } from '../../mcp/json-rpc.ts';
import { StatusError, UnusableAnswer } from '../connection/failure.ts';
import { isEventStream } from '../exchange/body-reader.ts';
import type { HttpRequest } from '../exchange/http-exchange.ts';
import type { OpenExchanges } from '../exchange/open-exchanges.ts';
import type { PendingRequest } from '../messages/pending-request.ts';
import type { PendingRequests } from '../messages/pending-requests.ts';
import { openLargeResult } from './large-result.ts';
import type { RequestWriter } from './request-writer.ts';

/** What the exchanges of one session share. */
export interface Wire {
  readonly writer: RequestWriter;
  readonly requests: PendingRequests;
  readonly exchanges: OpenExchanges;
  /** Whether the session was closed, so that nothing is sent any more. */
  isClosed: boolean;
}

/**
 * How often in a row a legacy server's event stream that ended before its answer is resumed without anything coming,
 * and how long to wait before that where the server does not say.
 */
const MAX_RESUMES = 3;
const RESUME_MS = 1_000;
const MAX_RETRY_MS = 30_000;

/** Where an exchange resumes a stream, and what ended the one before. */
interface Resumption {
  readonly count: number;
  readonly lastEventId: string | null;
  readonly retryMs: number;
  readonly cause: unknown;
}

const FROM_START: Resumption = { count: 0, lastEventId: null, retryMs: RESUME_MS, cause: null };

/**
 * Sends `request` and settles `pending` with its answer. In the legacy era a stream that ends before its answer is
 * resumed after its last event (MCP 2025-11-25, resumability). The answer to a handshake names the session.
 */
export function exchangeForAnswer(
  wire: Wire,
  request: HttpRequest,
  pending: PendingRequest,
  isHandshake: boolean,
  from: Resumption = FROM_START,
): void {
  const { writer, requests, exchanges } = wire;
  let status = 0;
  let isStream = false;
  let { lastEventId, retryMs } = from;
  const over = (failure: () => unknown): void => {
    pending.ended();
    if (pending.isSettled) return;
    // What fails a resumption says nothing about the request itself.
    const cause = from.cause ?? failure();
    // Servers may end a stream on purpose, so that it is resumed: one that brought an event was no failure.
    const count = lastEventId === from.lastEventId ? from.count : 0;
    const mayResume = lastEventId !== null && count < MAX_RESUMES && !writer.isModern && !pending.isHandedOut;
    if (!mayResume || wire.isClosed) {
      pending.reject(cause);
      return;
    }
    const resume = writer.listen(lastEventId);
    const next = { count: count + 1, lastEventId, retryMs, cause };
    const goOn = (): void => {
      if (!pending.isSettled) exchangeForAnswer(wire, resume, pending, false, next);
    };
    // Nothing else may keep the process running while somebody waits for the answer.
    const timer = startTimer(retryMs, goOn, { keepAlive: true });
    pending.over(() => timer.cancel());
  };
  const abort = exchanges.start(request, {
    onHead: (head, headers) => {
      status = head;
      isStream = isEventStream(head, headers);
      if (isHandshake && head < 300) writer.adopt(headers);
    },
    onValue: (value) => requests.take(value, pending),
    onLargeValue: (head, flow) => openLargeResult(head, flow, pending),
    onEventId: (id) => {
      lastEventId = id || null;
    },
    onRetry: (ms) => {
      retryMs = Math.min(ms, MAX_RETRY_MS);
    },
    onEnd: (text) => over(() => (status < 300 ? missingAnswer(isStream) : statusError(writer, status, text))),
    onFailure: (error) => over(() => error),
  });
  pending.over(abort);
}

/** A stream that ends early is a connection that broke; an answer that holds no message is not MCP. */
function missingAnswer(isStream: boolean): Error {
  return isStream
    ? new Error('the event stream ended before its answer')
    : new UnusableAnswer('its answer holds no result');
}

/** Modern servers send a JSON-RPC error with an HTTP error status (MCP 2026-07-28, Streamable HTTP). */
function statusError({ isModern }: RequestWriter, status: number, text: string): Error {
  const isRefusal = status === 401 || status === 403;
  const rpcError = isModern && !isRefusal ? asRpcError(parseJson(text)?.error) : null;
  return rpcError ?? new StatusError(status, text);
}
