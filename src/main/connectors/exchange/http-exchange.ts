import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { createBodyReader } from './body-reader.ts';
import type { BodyReader, ByteCap, ValueFlow, ValueSink } from './body-sink.ts';

/** One HTTP request of a connector; `headers` are names and values in turn. */
export interface HttpRequest {
  readonly method: 'POST' | 'GET' | 'DELETE';
  readonly url: URL;
  readonly headers: readonly string[];
  readonly body: string | null;
}

/** Who hears what comes of an exchange. One of `onEnd` and `onFailure` is called once, and nothing after it. */
export interface ExchangeSink {
  /** The answer begins; false ends the exchange there. */
  onHead(status: number, headers: IncomingHttpHeaders): void;
  /** A JSON value of the body: the whole of it, one event's data, or one message of a batch. */
  onValue(value: unknown): void;
  /** A server-sent event of another type than `message`. */
  onEvent?(type: string, data: string): void;
  /** A value is large; it comes as bytes if that gives a sink. */
  onLargeValue?(head: Buffer, flow: ValueFlow): ValueSink | null;
  onEventId?(id: string): void;
  onRetry?(retryMs: number): void;
  /** `text` is the body, where it was neither JSON nor events of a good answer. */
  onEnd(text: string): void;
  onFailure(error: unknown): void;
}

/** Ends an exchange with `reason`, which goes to `onFailure`. */
export type AbortExchange = (reason: Error) => void;

const MAX_REDIRECTS = 5;

/** Headers that are meant once; undici gives those that come twice as a list. */
const SINGLE = ['content-type', 'content-encoding', 'location'] as const;

/**
 * Sends a request and reads its answer as it comes. A redirect is followed only where it keeps the method and stays
 * within the origin: it would take headers with it that only this origin may see. `cap` limits what the answer holds.
 */
export function startExchange(
  dispatcher: Dispatcher,
  request: HttpRequest,
  cap: ByteCap,
  sink: ExchangeSink,
): AbortExchange {
  const exchange = new Exchange(dispatcher, request, cap, sink);
  exchange.dispatch(request.url);
  return (reason) => exchange.fail(reason);
}

class Exchange implements Dispatcher.DispatchHandler {
  readonly #dispatcher: Dispatcher;
  readonly #request: HttpRequest;
  readonly #cap: ByteCap;
  readonly #sink: ExchangeSink;
  #controller: Dispatcher.DispatchController | null = null;
  #reader: BodyReader | null = null;
  #failed: Error | null = null;
  #isOver = false;
  #isDispatching = false;
  #url: URL;
  #redirects = 0;
  #next: URL | null = null;

  constructor(dispatcher: Dispatcher, request: HttpRequest, cap: ByteCap, sink: ExchangeSink) {
    this.#dispatcher = dispatcher;
    this.#request = request;
    this.#cap = cap;
    this.#sink = sink;
    this.#url = request.url;
  }

  dispatch(url: URL): void {
    this.#url = url;
    const { method, headers, body } = this.#request;
    this.#isDispatching = true;
    try {
      const path = url.pathname + url.search;
      this.#dispatcher.dispatch({ origin: url.origin, path, method, headers: headers as string[], body }, this);
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
    this.#next = this.#redirectTarget(status, headers.location);
    if (this.#next !== null) return;
    this.#sink.onHead(status, headers);
    // Whoever heard the head may have given the exchange up.
    if (this.#isOver) return;
    this.#reader = createBodyReader(status, headers, this.#cap, {
      onValue: (value) => void (this.#isOver || this.#sink.onValue(value)),
      onEvent: (type, data) => void (this.#isOver || this.#sink.onEvent?.(type, data)),
      onLargeValue: (head) => (this.#isOver ? null : (this.#sink.onLargeValue?.(head, this.#flow()) ?? null)),
      onEventId: (id) => this.#sink.onEventId?.(id),
      onRetry: (retryMs) => this.#sink.onRetry?.(retryMs),
      onEnd: (text) => this.#end(text),
      onFailure: (error) => this.fail(error),
      hold: () => this.#controller?.pause(),
      goOn: () => this.#controller?.resume(),
    });
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#isOver) this.#reader?.take(chunk);
  }

  onResponseEnd(): void {
    const next = this.#next;
    if (next === null) this.#reader?.end();
    else {
      this.#next = null;
      this.#redirects += 1;
      this.dispatch(next);
    }
  }

  onResponseError(_: Dispatcher.DispatchController | null, error: Error): void {
    const settle = (): void => this.#settle(this.#failed ?? error);
    // What undici refuses at once, it tells at once: not before the caller has what ends the exchange.
    if (this.#isDispatching) queueMicrotask(settle);
    else settle();
  }

  #flow(): ValueFlow {
    return { pause: () => this.#controller?.pause(), resume: () => this.#controller?.resume() };
  }

  #end(text: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#sink.onEnd(text);
  }

  #settle(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#sink.onFailure(error);
  }

  #redirectTarget(status: number, location: string | undefined): URL | null {
    const keepsMethod =
      status === 307 || status === 308 || (this.#request.method === 'GET' && status > 300 && status < 304);
    if (!keepsMethod || location === undefined || this.#redirects === MAX_REDIRECTS) return null;
    const target = URL.parse(location, this.#url.href);
    const isWithin = target !== null && target.origin === this.#url.origin && target.username + target.password === '';
    return isWithin ? target : null;
  }
}
