import type { IncomingHttpHeaders } from 'node:http';
import type { ValueFlow, ValueSink } from './body-sink.ts';

/** One HTTP request to a server. In `headers`, names and values alternate. */
export interface HttpRequest {
  readonly method: 'POST' | 'GET' | 'DELETE';
  readonly url: URL;
  readonly headers: readonly string[];
  readonly body: string | null;
}

/**
 * Callbacks for the events of an exchange. After all other callbacks, either `onEnd` or `onFailure` is called, exactly
 * once.
 */
export interface ExchangeSink {
  /**
   * Called when the head of the response arrived. `hint` is readable advice about refused credentials, if there is any.
   */
  onHead(status: number, headers: IncomingHttpHeaders, hint: string | null): void;
  /** Called with each JSON value of the body: the whole body, the data of one event, or one message of a batch. */
  onValue(value: unknown): void;
  /** Called with each server-sent event whose type is not `message`. */
  onEvent?(type: string, data: string): void;
  /** Called when a large value begins. If this returns a sink, the sink gets the value as bytes. */
  onLargeValue?(head: Buffer, flow: ValueFlow): ValueSink | null;
  onEventId?(id: string): void;
  onRetry?(retryMs: number): void;
  /**
   * Called when the response has ended. `text` is the body, or empty if the body was JSON or events of a successful
   * response.
   */
  onEnd(text: string): void;
  onFailure(error: unknown): void;
}

/** Ends an exchange with `reason`, which goes to `onFailure`. */
export type AbortExchange = (reason: Error) => void;
