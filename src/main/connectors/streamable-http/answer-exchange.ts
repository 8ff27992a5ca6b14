import { startTimer, type Timer } from '../../../shared/clock.ts';
import { SseServerAnswered, UnusableAnswer } from '../connection/failure.ts';
import { StatusError } from '../connection/http-refusal.ts';
import { StreamEnded } from '../connection/network-failure.ts';
import { isLoginError } from '../credentials/login-error.ts';
import { isEventStream } from '../exchange/body-reader.ts';
import { SMALL_ANSWER_BYTES } from '../exchange/body-sink.ts';
import type { ExchangeSink } from '../exchange/http-request.ts';
import type { OpenExchanges } from '../exchange/open-exchanges.ts';
import { describeAnswer, type HttpAnswer, judgeAnswer } from '../messages/http/http-status.ts';
import type { PendingRequest } from '../messages/pending-request.ts';
import type { PendingRequests } from '../messages/pending-requests.ts';
import { openLargeResult } from './large-result.ts';
import type { RequestWriter, WrittenRequest } from './request-writer.ts';

/** State that the exchanges of one session share. */
export interface Wire {
  readonly writer: RequestWriter;
  readonly requests: PendingRequests;
  readonly exchanges: OpenExchanges;
  /** Whether the session was closed. Nothing is sent after that. */
  isClosed: boolean;
}

/**
 * Maximum number of consecutive attempts to resume a legacy server's event stream if no attempt brings an event.
 * RESUME_MS is the delay before each attempt, unless the server requests another delay.
 */
const MAX_RESUMES = 3;
const RESUME_MS = 1_000;
const MAX_RETRY_MS = 30_000;

/** Time limit for receiving the body of a refusal. If the body is not complete by then, only the status is used. */
const REFUSAL_BODY_MS = 5_000;

/** Where an exchange resumes a stream, and the error that ended the first exchange of the request. */
interface Resumption {
  readonly count: number;
  readonly lastEventId: string | null;
  readonly retryMs: number;
  readonly cause: unknown;
}

const FROM_START: Resumption = { count: 0, lastEventId: null, retryMs: RESUME_MS, cause: null };

/** The head of a response: status and headers. */
type Head = Omit<HttpAnswer, 'body'>;

/**
 * Sends `request` and settles `pending` with the response. If the event stream of a legacy server ends before the
 * response, the stream is resumed after its last event (MCP 2025-11-25, resumability). If `isHandshake` is true, the
 * session id in the response is used for all later messages.
 */
export function exchangeForAnswer(
  wire: Wire,
  request: WrittenRequest,
  pending: PendingRequest,
  isHandshake: boolean,
  from: Resumption = FROM_START,
): void {
  const { writer, requests, exchanges } = wire;
  let head: Head | null = null;
  let bodyTimer: Timer | null = null;
  let { lastEventId, retryMs } = from;
  const over = (failure: () => unknown, mayBeResumed = true): void => {
    bodyTimer?.cancel();
    pending.ended();
    if (pending.isSettled) return;
    // If resuming the stream failed, that error says nothing about the request, so the first error is reported.
    const cause = from.cause ?? failure();
    // `failure()` may have found the response in the body, and settled the request.
    if (pending.isSettled) return;
    // If an event arrived over the stream, the count starts again, because servers may end a stream on purpose and
    // expect a resumption.
    const count = lastEventId === from.lastEventId ? from.count : 0;
    const mayResume =
      mayBeResumed && lastEventId !== null && count < MAX_RESUMES && !writer.isModern && !pending.isHandedOut;
    if (!mayResume || wire.isClosed) {
      pending.reject(cause);
      return;
    }
    const resume = writer.listen(lastEventId);
    const next = { count: count + 1, lastEventId, retryMs, cause };
    const goOn = (): void => {
      if (!pending.isSettled) exchangeForAnswer(wire, resume, pending, false, next);
    };
    // The timer keeps the process alive, because a caller waits for the response.
    const timer = startTimer(retryMs, goOn, { keepAlive: true });
    pending.over(() => timer.cancel());
  };
  const judge = (answered: Head, body: string): unknown => {
    const verdict = judgeAnswer(request.asked, { ...answered, body });
    if (verdict.kind !== 'answered') return new StatusError(verdict);
    requests.take(verdict.message, pending);
    return new UnusableAnswer(`its answer is malformed: ${describeAnswer(request.asked, answered)}`);
  };
  const sink: ExchangeSink = {
    onHead: (status, headers, hint) => {
      head = { status, headers, hint };
      if (isHandshake) writer.adopt(headers);
      // A JSON body may still contain the response, so it gets no time limit.
      if (status >= 300 && headers['content-type']?.includes('json') !== true)
        bodyTimer = startTimer(REFUSAL_BODY_MS, () =>
          abort(new Error('The server refused the request, but its response was not complete in time')),
        );
    },
    onValue: (value) => requests.take(value, pending),
    onEvent: (type) => {
      if (isHandshakeStep(request) && type === 'endpoint') pending.end(new SseServerAnswered());
    },
    onLargeValue: (begun, flow) => openLargeResult(begun, flow, pending, (message) => requests.take(message, pending)),
    onEventId: (id) => {
      lastEventId = id || null;
    },
    onRetry: (ms) => {
      retryMs = Math.min(ms, MAX_RETRY_MS);
    },
    onEnd: (text) => over(() => (head === null || isStream(head) ? new StreamEnded() : judge(head, text))),
    onFailure: (error) =>
      over(() => {
        if (head === null || isStream(head)) return error;
        // A refusal is reported by its status, even if its body is incomplete.
        if (head.status >= 300) return judge(head, '');
        return error instanceof UnusableAnswer
          ? new UnusableAnswer(`${error.message}: ${describeAnswer(request.asked, head)}`)
          : error;
      }, !isLoginError(error)),
  };
  const abort = exchanges.start(request, sink, isHandshakeStep(request) ? SMALL_ANSWER_BYTES : undefined);
  pending.over(abort);
}

function isStream({ status, headers }: Head): boolean {
  return isEventStream(status, headers);
}

/**
 * Whether a request belongs to the handshake. A legacy SSE server may answer such a request with a stream whose first
 * event identifies it.
 */
function isHandshakeStep({ asked }: WrittenRequest): boolean {
  return asked.step === 'initialize' || asked.step === 'server/discover';
}
