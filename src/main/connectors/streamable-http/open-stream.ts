import { startTimer, type Timer } from '../../../shared/clock.ts';
import { StatusError } from '../connection/http-refusal.ts';
import { isEventStream } from '../exchange/body-reader.ts';
import type { AbortExchange } from '../exchange/http-request.ts';
import { type HttpAnswer, judgeAnswer } from '../messages/http/http-status.ts';
import type { Wire } from './answer-exchange.ts';
import type { WrittenRequest } from './request-writer.ts';

/** Callbacks for the state of a standing stream. */
export interface StreamSink {
  onOpen(): void;
  onEventId(id: string): void;
  onRetry(retryMs: number): void;
  /**
   * Called once, when the stream has ended or could not be opened. `reason` is a StatusError if the server refused the
   * stream.
   */
  onOver(reason: unknown): void;
}

/** Maximum size of one event of a standing stream, in bytes. */
const MAX_EVENT_BYTES = 1024 * 1024;

/** Time limit for the body of a refusal. */
const REFUSAL_BODY_MS = 5_000;

/**
 * Opens a standing stream, which stays open until it is ended. Its messages are handled like the messages of any other
 * response. The returned function ends the stream.
 */
export function openStream({ exchanges, requests }: Wire, request: WrittenRequest, sink: StreamSink): AbortExchange {
  let refused: Omit<HttpAnswer, 'body'> | null = null;
  let bodyTimer: Timer | null = null;
  const over = (reason: unknown, body: string): void => {
    bodyTimer?.cancel();
    sink.onOver(refused === null ? reason : refusalOf(request, { ...refused, body }));
  };
  const abort = exchanges.start(
    request,
    {
      onHead(status, headers, hint) {
        if (isEventStream(status, headers)) {
          sink.onOpen();
          return;
        }
        refused = { status, headers, hint };
        // A successful response that is not an event stream is aborted, because its body may never end.
        if (status < 300) abort(new Error('The response is not an event stream'));
        else
          bodyTimer = startTimer(REFUSAL_BODY_MS, () =>
            abort(new Error('The server refused the request, but its response was not complete in time')),
          );
      },
      onValue: (value) => requests.take(value, null),
      onEventId: (id) => sink.onEventId(id),
      onRetry: (ms) => sink.onRetry(ms),
      onEnd: (text) => over(new Error('The stream ended'), text),
      onFailure: (error) => over(error, ''),
    },
    { perEvent: MAX_EVENT_BYTES },
  );
  return abort;
}

function refusalOf({ asked }: WrittenRequest, answer: HttpAnswer): Error {
  const verdict = judgeAnswer(asked, answer);
  return verdict.kind === 'answered'
    ? new Error('The server answered the request for a stream with a single message')
    : new StatusError(verdict);
}
