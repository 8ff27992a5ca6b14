import type { Dispatcher } from 'undici';
import { startTimer } from '../../../shared/clock.ts';
import { StatusError } from '../connection/failure.ts';
import type { ByteCap } from './body-sink.ts';
import { type AbortExchange, type ExchangeSink, type HttpRequest, startExchange } from './http-exchange.ts';

/** The exchanges of one session that are under way, so that they end with it. */
export class OpenExchanges {
  readonly #dispatcher: Dispatcher;
  readonly #maxBytes: number;
  readonly #open = new Set<AbortExchange>();

  /** `maxBytes` caps each answer, after decompression. */
  constructor(dispatcher: Dispatcher, maxBytes: number) {
    this.#dispatcher = dispatcher;
    this.#maxBytes = maxBytes;
  }

  /** Starts an exchange as {@link startExchange} does. */
  start(request: HttpRequest, sink: ExchangeSink, cap: ByteCap = this.#maxBytes): AbortExchange {
    const abort = startExchange(this.#dispatcher, request, cap, {
      ...sink,
      onEnd: (text) => {
        this.#open.delete(abort);
        sink.onEnd(text);
      },
      onFailure: (error) => {
        this.#open.delete(abort);
        sink.onFailure(error);
      },
    });
    this.#open.add(abort);
    return abort;
  }

  /**
   * Sends a request whose answer holds nothing that matters. Resolves once the head of a good answer is there. Rejects
   * with a StatusError, with the network's error, or because the answer took longer than `timeoutMs`. An answer that
   * is still open then is cut off: a server that never ends it must not collect connections.
   */
  tell(request: HttpRequest, timeoutMs: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let status = 0;
    const abort = this.start(request, {
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

  /** Ends every exchange with `reason`. */
  abortAll(reason: Error): void {
    for (const abort of [...this.#open]) abort(reason);
  }
}
