import { FOREIGN_LIMITS } from '../../../shared/json/json-limits.ts';
import { JsonScanner } from '../../../shared/json/json-scanner.ts';
import { parseMessage } from '../../mcp/refused-message.ts';
import type { ResultSink } from '../connection/connection.ts';
import { UnusableAnswer } from '../connection/failure.ts';
import { SMALL_ANSWER_BYTES, type ValueFlow, type ValueSink } from '../exchange/body-sink.ts';
import { ResultScanner } from '../exchange/result-scanner.ts';
import type { PendingRequest } from '../messages/pending-request.ts';

/**
 * A result that is passed on is not parsed here, so the number of its values is not limited. Its depth is still
 * limited, to protect the reader of the result.
 */
const LIMITS = { ...FOREIGN_LIMITS, maxContainers: Number.POSITIVE_INFINITY, maxValues: Number.POSITIVE_INFINITY };

/** Matches the method of a request. A server may send large requests too, such as a sampling request with pictures. */
const METHOD = /"method"\s*:\s*"/;
const METHOD_BYTES = 512;

/**
 * Returns a sink that passes the result of a large message on as bytes, piece by piece. This requires that the message
 * is the response to `pending`, and that the caller accepts bytes. `head` is the beginning of the message. Returns null
 * if the message has to be read as a whole. A message that may be an error is collected here, up to 1 MiB, and goes to
 * `take`.
 */
export function openLargeResult(
  head: Buffer,
  flow: ValueFlow,
  pending: PendingRequest,
  take: (message: unknown) => void,
): ValueSink | null {
  const { onLargeResult } = pending.traffic;
  if (onLargeResult === undefined || pending.isSettled || pending.isHandedOut) return null;
  const scanner = new ResultScanner();
  const depth = new JsonScanner(LIMITS);
  // The message has a fault. It will be refused when it is read as a whole.
  if (depth.write(head) !== null) return null;
  const begun = scanner.take(head);
  // A message with a method is not a response. A message whose head contains no result may be an error, or its JSON
  // members may be in another order.
  if (!scanner.hasResult)
    return METHOD.test(head.toString('latin1', 0, METHOD_BYTES)) ? null : smallValue(head, pending, take);
  pending.handOut();
  const sink: ResultSink = onLargeResult(flow);
  const pass = (pieces: readonly Buffer[]): void => {
    const mayGoOn = pieces.map((piece) => sink.write(piece)).every(Boolean);
    if (!mayGoOn) flow.pause();
  };
  pass(begun);
  return {
    write(chunk) {
      if (pending.isSettled) return;
      const fault = depth.write(chunk);
      if (fault === null) pass(scanner.take(chunk));
      else pending.end(new UnusableAnswer(`its answer ${fault.message}`));
    },
    end() {
      if (scanner.isComplete) pending.resolve({});
      else pending.reject(new Error('the response ended before it was complete'));
    },
  };
}

/** Collects a message whose head contains no result. It is probably an error, which never needs megabytes. */
function smallValue(head: Buffer, pending: PendingRequest, take: (message: unknown) => void): ValueSink {
  let pieces: Buffer[] = [Buffer.from(head)];
  let size = head.length;
  return {
    write(chunk) {
      size += chunk.length;
      if (size <= SMALL_ANSWER_BYTES) pieces.push(chunk);
      else pieces = [];
      if (size > SMALL_ANSWER_BYTES)
        pending.end(
          new UnusableAnswer(
            `its answer has no result at its beginning and is larger than ${SMALL_ANSWER_BYTES} bytes`,
          ),
        );
    },
    end() {
      if (pending.isSettled) return;
      try {
        take(parseMessage(Buffer.concat(pieces).toString('utf8')));
      } catch {
        pending.reject(new UnusableAnswer('the JSON in its answer is damaged'));
      }
    },
  };
}
