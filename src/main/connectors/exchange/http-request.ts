import type { IncomingHttpHeaders } from 'node:http';
import type { ValueFlow, ValueSink } from './body-sink.ts';

/** One HTTP request of a connector; `headers` are names and values in turn. */
export interface HttpRequest {
  readonly method: 'POST' | 'GET' | 'DELETE';
  readonly url: URL;
  readonly headers: readonly string[];
  readonly body: string | null;
}

/** Who hears what comes of an exchange. One of `onEnd` and `onFailure` is called once, and nothing after it. */
export interface ExchangeSink {
  /** The answer begins. `hint` says what people can do about credentials that it refuses, if something is known. */
  onHead(status: number, headers: IncomingHttpHeaders, hint: string | null): void;
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
