import type { IncomingHttpHeaders } from 'node:http';
import type { ValueFlow, ValueSink } from './body-sink.ts';

/** One HTTP request of a connector; in `headers`, names and values alternate. */
export interface HttpRequest {
  readonly method: 'POST' | 'GET' | 'DELETE';
  readonly url: URL;
  readonly headers: readonly string[];
  readonly body: string | null;
}

/** Callbacks for the events of an exchange. Either `onEnd` or `onFailure` is called, once and last. */
export interface ExchangeSink {
  /** The head of the response arrived. `hint` is readable advice about refused credentials, if there is any. */
  onHead(status: number, headers: IncomingHttpHeaders, hint: string | null): void;
  /** A JSON value of the body: the whole body, the data of one event, or one message of a batch. */
  onValue(value: unknown): void;
  /** A server-sent event of another type than `message`. */
  onEvent?(type: string, data: string): void;
  /** A large value begins. It is delivered as bytes if this returns a sink. */
  onLargeValue?(head: Buffer, flow: ValueFlow): ValueSink | null;
  onEventId?(id: string): void;
  onRetry?(retryMs: number): void;
  /**
   * The response has ended. `text` is the body, unless the body was the JSON or the events of a successful response.
   */
  onEnd(text: string): void;
  onFailure(error: unknown): void;
}

/** Ends an exchange with `reason`, which goes to `onFailure`. */
export type AbortExchange = (reason: Error) => void;
