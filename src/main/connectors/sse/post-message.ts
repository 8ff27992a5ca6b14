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

/** How long the body of a refusal may take. Its status says enough. */
const REFUSAL_BODY_MS = 5_000;

/** A message as it goes to the server. */
export interface WrittenMessage {
  readonly request: HttpRequest;
  /** What it asks, for the verdict on a refusal. */
  readonly asked: HttpAsked;
}

/** The beginning of an answer. */
type Head = Omit<HttpAnswer, 'body'>;

/**
 * Sends a request whose answer comes over the event stream. A server may also answer the POST itself. A refusal fails
 * this request alone, as the table of statuses says (messages/http/http-status.ts).
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
    // Where the answer was taken, this changes nothing.
    pending.reject(new UnusableAnswer(`its answer is malformed: ${describeAnswer(asked, refused)}`));
  };
  const abort = exchanges.start(request, {
    onHead: (status, headers, hint) => {
      head = { status, headers, hint };
      if (status >= 300) bodyTimer = startTimer(REFUSAL_BODY_MS, () => abort(new Error('The refusal does not end')));
    },
    onValue: (value) => {
      // Many acknowledge a message with JSON of their own.
      if (value instanceof RefusedMessage || asIncoming(value).kind !== 'junk') requests.take(value, pending);
    },
    onEnd: (text) => {
      over();
      if (head !== null && head.status >= 300) refuse(head, text);
    },
    onFailure: (error) => {
      over();
      if (head === null) pending.reject(error);
      // The status says what it says, whatever became of the body.
      else if (head.status >= 300) refuse(head, '');
      else if (isAnswerLost(head, error)) pending.reject(error);
    },
  });
  pending.over(abort);
}

/**
 * Whether a body that failed may have been the answer. Any other was an acknowledgement: the answer comes over the
 * event stream, whatever became of it.
 */
function isAnswerLost({ status, headers }: Head, error: unknown): boolean {
  if (error instanceof UnusableAnswer) return false;
  if (error instanceof SwitchyardError) return true;
  return status !== 202 && /json|event-stream/i.test(headers['content-type'] ?? '');
}
