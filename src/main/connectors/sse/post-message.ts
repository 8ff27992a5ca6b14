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

/** Time limit for receiving the body of a refusal. If the body is not complete by then, only the status is used. */
const REFUSAL_BODY_MS = 5_000;

/** A message as an HTTP request. */
export interface WrittenMessage {
  readonly request: HttpRequest;
  /** The facts about the message that are needed to interpret a refusal. */
  readonly asked: HttpAsked;
}

/** The head of a response: status and headers. */
type Head = Omit<HttpAnswer, 'body'>;

/**
 * Sends a request by POST. The server responds over the event stream, or in the response to the POST itself. If the
 * POST is refused, only this request fails, with an error that depends on the HTTP status
 * (messages/http/http-status.ts).
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
    // This has no effect if the request is already settled.
    pending.reject(new UnusableAnswer(`its answer is malformed: ${describeAnswer(asked, refused)}`));
  };
  const abort = exchanges.start(request, {
    onHead: (status, headers, hint) => {
      head = { status, headers, hint };
      if (status >= 300)
        bodyTimer = startTimer(REFUSAL_BODY_MS, () =>
          abort(new Error('The server refused the request, but its response was not complete in time')),
        );
    },
    onValue: (value) => {
      // Many servers acknowledge a POST with JSON that is not a JSON-RPC message.
      if (value instanceof RefusedMessage || asIncoming(value).kind !== 'junk') requests.take(value, pending);
    },
    onEnd: (text) => {
      over();
      if (head !== null && head.status >= 300) refuse(head, text);
    },
    onFailure: (error) => {
      over();
      if (head === null) pending.reject(error);
      // A refusal is reported by its status, even if its body is incomplete.
      else if (head.status >= 300) refuse(head, '');
      else if (isAnswerLost(head, error)) pending.reject(error);
    },
  });
  pending.over(abort);
}

/**
 * Whether a body that was cut off may have been the response. Otherwise the body was an acknowledgement, and the
 * response still arrives over the event stream.
 */
function isAnswerLost({ status, headers }: Head, error: unknown): boolean {
  if (error instanceof UnusableAnswer) return false;
  if (error instanceof SwitchyardError) return true;
  return status !== 202 && /json|event-stream/i.test(headers['content-type'] ?? '');
}
