import type { BodySink, ValueSink } from './body-sink.ts';
import type { ExchangeSink } from './http-request.ts';

/** The exchange that a body belongs to. */
export interface BodyOwner {
  /** Whether the exchange has ended. The content of the body is then no longer reported. */
  readonly isOver: boolean;
  end(text: string): void;
  fail(reason: Error): void;
  pause(): void;
  resume(): void;
}

/** Reports the content of a response body to the sink of its exchange, until the exchange ends. */
export class ExchangeBody implements BodySink {
  readonly #owner: BodyOwner;
  readonly #sink: ExchangeSink;

  constructor(owner: BodyOwner, sink: ExchangeSink) {
    this.#owner = owner;
    this.#sink = sink;
  }

  onValue(value: unknown): void {
    if (!this.#owner.isOver) this.#sink.onValue(value);
  }

  onEvent(type: string, data: string): void {
    if (!this.#owner.isOver) this.#sink.onEvent?.(type, data);
  }

  onLargeValue(head: Buffer): ValueSink | null {
    const owner = this.#owner;
    if (owner.isOver) return null;
    return this.#sink.onLargeValue?.(head, { pause: () => owner.pause(), resume: () => owner.resume() }) ?? null;
  }

  onEventId(id: string): void {
    this.#sink.onEventId?.(id);
  }

  onRetry(retryMs: number): void {
    this.#sink.onRetry?.(retryMs);
  }

  onEnd(text: string): void {
    this.#owner.end(text);
  }

  onFailure(error: Error): void {
    this.#owner.fail(error);
  }

  hold(): void {
    this.#owner.pause();
  }

  goOn(): void {
    this.#owner.resume();
  }
}
