import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { nextTurn } from '../../../shared/clock.ts';
import { redirectTarget } from '../../http/redirect-target.ts';
import { withCredentials } from '../../mcp/entry-headers.ts';
import { type Challenge, type Credentials, NO_CREDENTIALS, type Verdict } from '../credentials/credentials.ts';
import { createBodyReader } from './body-reader.ts';
import type { BodyReader, ByteCap } from './body-sink.ts';
import { type BodyOwner, ExchangeBody } from './exchange-body.ts';
import type { AbortExchange, ExchangeSink, HttpRequest } from './http-request.ts';
import { RefusedAnswer } from './refused-answer.ts';

const MAX_REDIRECTS = 5;

/** Maximum number of times a request is sent again: once after a refresh, and once after a step-up. */
const MAX_RESENDS = 2;

/** Headers that may occur only once. undici returns a repeated header as a list. */
const SINGLE = ['content-type', 'content-encoding', 'location'] as const;

/**
 * Sends a request and reads its response as it arrives. `cap` limits the size of the response. A redirect is followed
 * only if it keeps the method and stays within the origin, because the headers of the request are only for this origin.
 * A request that was answered with 401 or 403 did not run. If the credentials decide so, it is sent again, and the sink
 * does not see the refusal. If the credentials demand a login, the exchange fails with their error. `onOver` is called
 * before the sink is notified of the end.
 */
export function startExchange(
  dispatcher: Dispatcher,
  request: HttpRequest,
  cap: ByteCap,
  sink: ExchangeSink,
  credentials: Credentials = NO_CREDENTIALS,
  onOver: () => void = () => {},
): AbortExchange {
  const exchange = new Exchange(dispatcher, request, cap, sink, credentials, onOver);
  exchange.send(request.url);
  return (reason) => exchange.fail(reason);
}

class Exchange implements Dispatcher.DispatchHandler, BodyOwner {
  readonly #dispatcher: Dispatcher;
  readonly #request: HttpRequest;
  readonly #cap: ByteCap;
  readonly #sink: ExchangeSink;
  readonly #credentials: Credentials;
  readonly #onOver: () => void;
  #controller: Dispatcher.DispatchController | null = null;
  #reader: BodyReader | null = null;
  #failed: Error | null = null;
  #isOver = false;
  #isDispatching = false;
  #url: URL;
  #redirects = 0;
  #next: URL | null = null;
  /** The headers that the credentials provided for the current request. */
  #given: readonly string[] = [];
  #resends = 0;
  /** The response that refused the credentials. It is kept until its body is no longer needed. */
  #refused: RefusedAnswer | null = null;
  /** Aborts the credentials' decision about a refusal; null until a refusal was reported to the credentials. */
  #asking: AbortController | null = null;

  constructor(
    dispatcher: Dispatcher,
    request: HttpRequest,
    cap: ByteCap,
    sink: ExchangeSink,
    credentials: Credentials,
    onOver: () => void,
  ) {
    this.#dispatcher = dispatcher;
    this.#request = request;
    this.#cap = cap;
    this.#sink = sink;
    this.#credentials = credentials;
    this.#onOver = onOver;
    this.#url = request.url;
  }

  send(url: URL): void {
    this.#url = url;
    try {
      // Other exchanges may wait for the same headers, so this work gets no signal and does not end with this exchange.
      const given = this.#credentials.headers(null, { method: this.#request.method, url });
      if (!(given instanceof Promise)) this.#dispatch(given);
      else
        given.then(
          (headers) => void (this.#isOver || this.#dispatch(headers)),
          (error) => this.#settle(error),
        );
    } catch (error) {
      queueMicrotask(() => this.#settle(error));
    }
  }

  #dispatch(given: readonly string[]): void {
    this.#given = given;
    const { origin, pathname, search } = this.#url;
    const { method, body } = this.#request;
    const headers = withCredentials(this.#request.headers, given) as string[];
    this.#isDispatching = true;
    try {
      this.#dispatcher.dispatch({ origin, path: pathname + search, method, headers, body }, this);
    } catch (error) {
      this.onResponseError(null, error as Error);
    } finally {
      this.#isDispatching = false;
    }
  }

  fail(reason: Error): void {
    if (this.#isOver) return;
    this.#failed = reason;
    this.#settle(reason);
    this.#reader?.stop();
    this.#asking?.abort(reason);
    this.#controller?.abort(reason);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#failed !== null) controller.abort(this.#failed);
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200 || this.#isOver) return;
    for (const name of SINGLE) {
      const value: unknown = headers[name];
      if (Array.isArray(value)) headers[name] = value[0];
    }
    const mayFollow = this.#redirects < MAX_REDIRECTS;
    this.#next = mayFollow ? redirectTarget(status, headers.location, this.#request.method, this.#url) : null;
    if (this.#next !== null) return;
    const mayAsk = this.#credentials !== NO_CREDENTIALS && this.#resends < MAX_RESENDS;
    if ((status === 401 || status === 403) && mayAsk) void this.#ask(status, headers);
    else this.#answer(status, headers, null);
  }

  /** Asks the credentials how to handle a refusal, and does what they decide. */
  async #ask(status: 401 | 403, headers: IncomingHttpHeaders): Promise<void> {
    const refused = new RefusedAnswer((reason) => this.#controller?.abort(reason));
    this.#refused = refused;
    const verdict = await this.#verdictOn({
      status,
      wwwAuthenticate: joined(headers['www-authenticate']),
      dpopNonce: joined(headers['dpop-nonce']),
      url: this.#url,
      method: this.#request.method,
      resends: this.#resends,
    });
    if (this.#isOver) return;
    if (verdict.kind === 'retry') {
      this.#resends += 1;
      refused.drop(() => void this.#resend());
    } else if (verdict.kind === 'login') {
      this.#settle(verdict.error);
      refused.drop(() => {});
    } else {
      this.#answer(status, headers, verdict.hint);
      if (this.#reader === null) return refused.drop(() => {});
      this.#refused = null;
      if (!refused.replay(this.#reader)) this.fail(new Error('The response that refused the credentials broke off'));
    }
  }

  async #resend(): Promise<void> {
    this.#refused = null;
    // undici reuses a connection one turn after it reports the end of a response (client-h1.js).
    await nextTurn();
    await nextTurn();
    if (!this.#isOver) this.send(this.#url);
  }

  async #verdictOn(challenge: Challenge): Promise<Verdict> {
    this.#asking = new AbortController();
    try {
      return await this.#credentials.refused(challenge, this.#given, this.#asking.signal);
    } catch (error) {
      this.fail(error as Error);
      return { kind: 'refused', hint: null };
    }
  }

  /** Reports the head of a response and reads its body. */
  #answer(status: number, headers: IncomingHttpHeaders, hint: string | null): void {
    this.#sink.onHead(status, headers, hint);
    // The sink may have aborted the exchange when it received the head.
    if (this.#isOver) return;
    this.#reader = createBodyReader(status, headers, this.#cap, new ExchangeBody(this, this.#sink));
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  pause(): void {
    this.#controller?.pause();
  }

  resume(): void {
    this.#controller?.resume();
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#refused !== null) this.#refused.take(chunk);
    else if (!this.#isOver) this.#reader?.take(chunk);
  }

  onResponseEnd(): void {
    const next = this.#next;
    if (this.#refused !== null) this.#refused.end();
    else if (next === null) this.#reader?.end();
    else {
      this.#next = null;
      this.#redirects += 1;
      this.send(next);
    }
  }

  onResponseError(_: Dispatcher.DispatchController | null, error: Error): void {
    if (this.#refused !== null) {
      this.#refused.broken();
      return;
    }
    const settle = (): void => this.#settle(this.#failed ?? error);
    // undici reports an invalid request synchronously, before the caller has got the function that ends the exchange.
    if (this.#isDispatching) queueMicrotask(settle);
    else settle();
  }

  end(text: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onOver();
    this.#sink.onEnd(text);
  }

  #settle(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onOver();
    this.#sink.onFailure(error);
  }
}

/** Joins a header that may occur several times into one string. */
function joined(header: string | readonly string[] | undefined): string | null {
  return (typeof header === 'string' ? header : header?.join(', ')) ?? null;
}
