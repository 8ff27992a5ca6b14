import { FOREIGN_LIMITS } from '../../../shared/json/json-limits.ts';
import { JsonScanner } from '../../../shared/json/json-scanner.ts';
import type { ResultSink } from '../connection/connection.ts';
import { UnusableAnswer } from '../connection/failure.ts';
import type { ValueFlow, ValueSink } from '../exchange/body-sink.ts';
import { ResultScanner } from '../exchange/result-scanner.ts';
import type { PendingRequest } from '../messages/pending-request.ts';

/** A result that is passed on is not parsed here, so it may hold as much as fits; its depth is another's trouble. */
const LIMITS = { ...FOREIGN_LIMITS, maxContainers: Number.POSITIVE_INFINITY, maxValues: Number.POSITIVE_INFINITY };

/**
 * Hands the result of a large message on as bytes, piece by piece, if it is the answer to `pending` and its caller
 * wants that. `head` is the beginning of the message. Null means that the message has to be read whole.
 */
export function openLargeResult(head: Buffer, flow: ValueFlow, pending: PendingRequest): ValueSink | null {
  const { onLargeResult } = pending.traffic;
  if (onLargeResult === undefined || pending.isSettled || pending.isHandedOut) return null;
  const scanner = new ResultScanner();
  const depth = new JsonScanner(LIMITS);
  // It is refused where it is read whole.
  if (depth.write(head) !== null) return null;
  const begun = scanner.take(head);
  // What names a method is none; what has no result so far may be an error, or have its members in another order.
  if (!scanner.hasResult) return null;
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
      else pending.reject(new Error('the answer broke off'));
    },
  };
}
