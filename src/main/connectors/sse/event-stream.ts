import { SwitchyardError } from '../../../shared/errors.ts';
import { detached } from '../../observability/trace.ts';
import { UnusableAnswer } from '../connection/failure.ts';
import { StatusError } from '../connection/http-refusal.ts';
import { STREAM_STEP } from '../connection/sse-fallback.ts';
import { isEventStream } from '../exchange/body-reader.ts';
import type { ByteCap } from '../exchange/body-sink.ts';
import type { AbortExchange, HttpRequest } from '../exchange/http-request.ts';
import type { OpenExchanges } from '../exchange/open-exchanges.ts';
import { type HttpAnswer, judgeAnswer } from '../messages/http/http-status.ts';
import { type EndpointAddress, readEndpoint } from './endpoint-address.ts';

/** Callbacks for the content of an event stream. */
export interface EventStreamSink {
  /**
   * Called with the address to which the server wants messages to be sent. The server may send another address later.
   */
  onEndpoint(address: EndpointAddress): void;
  onMessage(value: unknown): void;
  /** Called once, after all other callbacks, when the stream has ended, broken or failed to open. */
  onEnd(reason: Error): void;
}

/**
 * Opens the event stream of a legacy SSE server (MCP 2024-11-05, HTTP with SSE). The session lasts as long as the
 * stream. `cap` limits each event.
 */
export function openEventStream(
  exchanges: OpenExchanges,
  request: HttpRequest,
  cap: ByteCap,
  sink: EventStreamSink,
): void {
  let abort: AbortExchange | null = null;
  let isOpen = false;
  const start = (): AbortExchange =>
    exchanges.start(
      request,
      {
        onHead(status, headers, hint) {
          isOpen = isEventStream(status, headers);
          // A response that is not an event stream is aborted. Its body is not read, because it may never end.
          if (!isOpen) abort?.(noStream({ status, headers, hint }));
        },
        onEvent(type, data) {
          if (type !== 'endpoint') return;
          try {
            sink.onEndpoint(readEndpoint(data, request.url));
          } catch (error) {
            abort?.(error as Error);
          }
        },
        onValue: (value) => sink.onMessage(value),
        onEnd: () => sink.onEnd(new Error('The event stream ended')),
        onFailure: (error) => sink.onEnd(isOpen ? broken(error) : (error as Error)),
      },
      cap,
    );
  // The stream is detached from the current trace, because it outlives the handshake and its messages belong to other
  // operations.
  abort = detached(start);
}

/**
 * Returns the error to report for an open stream that failed. An error about an oversized event or an unusable endpoint
 * is returned unchanged. Any other error becomes the cause of a new error.
 */
function broken(error: unknown): Error {
  if (error instanceof SwitchyardError || error instanceof UnusableAnswer) return error;
  return new Error('The event stream broke', { cause: error });
}

function noStream(answer: Omit<HttpAnswer, 'body'>): Error {
  const verdict = judgeAnswer({ step: STREAM_STEP, id: null, hasSession: false }, { ...answer, body: '' });
  return verdict.kind === 'answered' ? new UnusableAnswer('it has no event stream') : new StatusError(verdict);
}
