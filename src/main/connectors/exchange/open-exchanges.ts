import type { Dispatcher } from 'undici';
import { Chain, type ChainEntry } from '../../../shared/chain.ts';
import { startTimer } from '../../../shared/clock.ts';
import { StatusError } from '../connection/http-refusal.ts';
import type { Credentials } from '../credentials/credentials.ts';
import { type HttpAnswer, type HttpAsked, judgeAnswer } from '../messages/http/http-status.ts';
import type { ByteCap } from './body-sink.ts';
import { startExchange } from './http-exchange.ts';
import type { AbortExchange, ExchangeSink, HttpRequest } from './http-request.ts';

/** Describes a message for errors if the caller does not describe it. */
const NOTICE: HttpAsked = { step: 'a message', id: null, hasSession: true };

/** The exchanges of one session that are in progress. They end when the session ends. */
export class OpenExchanges {
  readonly #dispatcher: Dispatcher;
  readonly #maxBytes: number;
  readonly #credentials: Credentials;
  readonly #open = new Chain<AbortExchange>();

  /** `maxBytes` limits each response, after decompression. */
  constructor(dispatcher: Dispatcher, maxBytes: number, credentials: Credentials) {
    this.#dispatcher = dispatcher;
    this.#maxBytes = maxBytes;
    this.#credentials = credentials;
  }

  /** Starts an exchange as {@link startExchange} does. */
  start(request: HttpRequest, sink: ExchangeSink, cap: ByteCap = this.#maxBytes): AbortExchange {
    const least = typeof cap === 'number' ? Math.min(cap, this.#maxBytes) : cap;
    let entry: ChainEntry | null = null;
    const over = (): void => void entry?.remove();
    const abort = startExchange(this.#dispatcher, request, least, sink, this.#credentials, over);
    entry = this.#open.add(abort);
    return abort;
  }

  /**
   * Sends a message whose response has no relevant content. Resolves once the head of a successful response arrives.
   * Rejects with a StatusError, with the network's error, or with an error that says that the response took longer than
   * `timeoutMs`. A response that is still open after that time is aborted. Otherwise connections would accumulate if a
   * server never ended its responses.
   */
  tell(request: HttpRequest, timeoutMs: number, asked: HttpAsked = NOTICE): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let head: Omit<HttpAnswer, 'body'> | null = null;
    const refuse = (body: string): boolean => {
      if (head === null || head.status < 300) return false;
      const verdict = judgeAnswer(asked, { ...head, body });
      if (verdict.kind !== 'answered') reject(new StatusError(verdict));
      return true;
    };
    const abort = this.start(request, {
      onHead: (status, headers, hint) => {
        head = { status, headers, hint };
        if (status < 300) resolve();
      },
      onValue: () => {},
      onEnd: (text) => {
        timer.cancel();
        refuse(text);
      },
      onFailure: (error) => {
        timer.cancel();
        // The status decides, even if the body is incomplete.
        if (!refuse('')) reject(error);
      },
    });
    const timer = startTimer(timeoutMs, () => abort(new Error(`No response arrived within ${timeoutMs} ms`)));
    return promise;
  }

  /** Ends every exchange with `reason`. */
  abortAll(reason: Error): void {
    for (const abort of this.#open.values()) abort(reason);
  }
}
