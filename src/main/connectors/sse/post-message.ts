import { startTimer, type Timer } from '../../../shared/clock.ts';
import { SwitchyardError } from '../../../shared/errors.ts';
import { asIncoming } from '../../mcp/json-rpc.ts';
import { RefusedMessage } from '../../mcp/refused-message.ts';
import { UnusableAnswer } from '../connection/failure.ts';
import { StatusError } from '../connection/http-refusal.ts';
import type { HttpRequest } from '../exchange/http-request.ts';
import type { OpenExchanges } from '../exchange/open-exchanges.ts';
import { describeAnswer, type HttpAnswer, type HttpAsked, judgeAnswer } from '../messages/http/http-status.ts';
import type { PendingRequest } from '../messages/pending-request.ts';
import type { PendingRequests } from '../messages/pending-requests.ts';

/** Time limit for the body of a refusal. The status alone is sufficient. */
const REFUSAL_BODY_MS = 5_000;

/** A message in the form in which it goes to the server. */
export interface WrittenMessage {
  readonly request: HttpRequest;
  /** What the message requests, for the verdict on a refusal. */
  readonly asked: HttpAsked;
}

/** The head of a response: status and headers. */
type Head = Omit<HttpAnswer, 'body'>;

/**
 * Sends a request whose response comes over the event stream. A server may also answer the POST itself. A refusal fails
 * this request alone, according to the table of statuses (messages/http/http-status.ts).
 */
export function postMessage(
  exchanges: OpenExchanges,
  { request, asked }: WrittenMessage,
  requests: PendingRequests,
  pending: PendingRequest,
): void {
  let head: Head | null = null;
  let bodyTimer: Timer | null = null;
  const over = (): void => {
    bodyTimer?.cancel();
    pending.ended();
  };
  const refuse = (refused: Head, body: string): void => {
    const verdict = judgeAnswer(asked, { ...refused, body });
    if (verdict.kind === 'answered') requests.take(verdict.message, pending);
    else pending.reject(new StatusError(verdict));
    // If the response was taken, this has no effect.
    pending.reject(new UnusableAnswer(`its answer is malformed: ${describeAnswer(asked, refused)}`));
  };
  const abort = exchanges.start(request, {
    onHead: (status, headers, hint) => {
      head = { status, headers, hint };
      if (status >= 300) bodyTimer = startTimer(REFUSAL_BODY_MS, () => abort(new Error('The refusal does not end')));
    },
    onValue: (value) => {
      // Many servers acknowledge a message with JSON of their own.
      if (value instanceof RefusedMessage || asIncoming(value).kind !== 'junk') requests.take(value, pending);
    },
    onEnd: (text) => {
      over();
      if (head !== null && head.status >= 300) refuse(head, text);
    },
    onFailure: (error) => {
      over();
      if (head === null) pending.reject(error);
      // The status holds whether or not the body was complete.
      else if (head.status >= 300) refuse(head, '');
      else if (isAnswerLost(head, error)) pending.reject(error);
    },
  });
  pending.over(abort);
}

/**
 * Whether a body that failed may have been the response. Any other body was an acknowledgement: the response still
 * comes over the event stream.
 */
function isAnswerLost({ status, headers }: Head, error: unknown): boolean {
  if (error instanceof UnusableAnswer) return false;
  if (error instanceof SwitchyardError) return true;
  return status !== 202 && /json|event-stream/i.test(headers['content-type'] ?? '');
}
