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

/** How long the body of a refusal may take. Its status says enough. */
const REFUSAL_BODY_MS = 5_000;

/** Where an exchange resumes a stream, and what ended the one before. */
interface Resumption {
  readonly count: number;
  readonly lastEventId: string | null;
  readonly retryMs: number;
  readonly cause: unknown;
}

const FROM_START: Resumption = { count: 0, lastEventId: null, retryMs: RESUME_MS, cause: null };

/** The beginning of an answer. */
type Head = Omit<HttpAnswer, 'body'>;

/**
 * Sends `request` and settles `pending` with its answer. In the legacy era a stream that ends before its answer is
 * resumed after its last event (MCP 2025-11-25, resumability). The answer to a handshake names the session.
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
    // What fails a resumption says nothing about the request itself.
    const cause = from.cause ?? failure();
    // The failure may have been the answer.
    if (pending.isSettled) return;
    // Servers may end a stream on purpose, so that it is resumed: one that brought an event was no failure.
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
    // Nothing else may keep the process running while somebody waits for the answer.
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
      // JSON may be the answer all the same, and take its time.
      if (status >= 300 && headers['content-type']?.includes('json') !== true)
        bodyTimer = startTimer(REFUSAL_BODY_MS, () => abort(new Error('The refusal does not end')));
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
        // The status says what it says, whatever became of the body.
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

/** Whether a legacy SSE server may be at the other end: it is recognised by its first event. */
function isHandshakeStep({ asked }: WrittenRequest): boolean {
  return asked.step === 'initialize' || asked.step === 'server/discover';
}
