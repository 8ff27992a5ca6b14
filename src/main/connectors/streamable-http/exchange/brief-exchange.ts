import { startTimer } from '../../../../shared/clock.ts';
import { StatusError } from '../../connection/failure.ts';
import type { AbortExchange, ExchangeSink } from './http-exchange.ts';

/**
 * An exchange whose answer holds nothing that matters: resolves once it is a good one, rejects with a StatusError, the network's error, or because it took
 * longer than `timeoutMs`. What is still open then is cut off: a server that never answers must not collect connections.
 */
export function briefExchange(start: (sink: ExchangeSink) => AbortExchange, timeoutMs: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let status = 0;
  const abort = start({
    onHead: (head) => {
      status = head;
      if (head < 300) resolve();
    },
    onValue: () => {},
    onEnd: (text) => {
      timer.cancel();
      if (status >= 300) reject(new StatusError(status, text));
    },
    onFailure: (error) => {
      timer.cancel();
      reject(error);
    },
  });
  const timer = startTimer(timeoutMs, () => abort(new Error(`No answer came within ${timeoutMs} ms`)));
  return promise;
}
