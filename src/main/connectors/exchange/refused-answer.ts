import { startTimer, type Timer } from '../../../shared/clock.ts';
import { type BodyReader, SMALL_ANSWER_BYTES } from './body-sink.ts';

/** Limits for reading the rest of a body that is not needed, so that its connection can be used again. */
const MAX_UNWANTED_BYTES = 64 * 1024;
const MAX_UNWANTED_MS = 1_000;

/** Time limit for a body that may still be needed. If it is not complete by then, the status is sufficient. */
const MAX_KEPT_MS = 5_000;

/**
 * The body of a response that refuses the credentials, while it is undecided whether the request is sent again. A body
 * that is too large or too slow is aborted with `cutOff`, so that it occupies no connection while a person logs in.
 */
export class RefusedAnswer {
  readonly #cutOff: (reason: Error) => void;
  #chunks: Buffer[] = [];
  #size = 0;
  #timer: Timer;
  #state: 'open' | 'ended' | 'broken' = 'open';
  #reader: BodyReader | null = null;
  #onDropped: (() => void) | null = null;

  constructor(cutOff: (reason: Error) => void) {
    this.#cutOff = cutOff;
    this.#timer = startTimer(MAX_KEPT_MS, () => this.#cut());
  }

  take(chunk: Buffer): void {
    if (this.#reader !== null) {
      this.#reader.take(chunk);
      return;
    }
    this.#size += chunk.length;
    if (this.#onDropped === null) this.#chunks.push(chunk);
    if (this.#size > (this.#onDropped === null ? SMALL_ANSWER_BYTES : MAX_UNWANTED_BYTES)) this.#cut();
  }

  end(): void {
    this.#over('ended');
    this.#reader?.end();
  }

  /** Called when the connection broke before the end of the body. */
  broken(): void {
    this.#over('broken');
  }

  /** Discards the body. Calls `next` once the connection of the body is free or closed, which may be immediately. */
  drop(next: () => void): void {
    this.#chunks = [];
    if (this.#state !== 'open') {
      next();
      return;
    }
    this.#onDropped = next;
    this.#timer.cancel();
    this.#timer = startTimer(MAX_UNWANTED_MS, () => this.#cut());
    if (this.#size > MAX_UNWANTED_BYTES) this.#cut();
  }

  /**
   * Passes the received part of the body to `reader`, and later the rest as it arrives. Returns false if the connection
   * broke before the end of the body.
   */
  replay(reader: BodyReader): boolean {
    this.#timer.cancel();
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#reader = reader;
    for (const chunk of chunks) reader.take(chunk);
    if (this.#state === 'ended') reader.end();
    return this.#state !== 'broken';
  }

  #cut(): void {
    if (this.#state === 'open')
      this.#cutOff(new Error('The response that refused the credentials was too large or too slow'));
  }

  #over(state: 'ended' | 'broken'): void {
    if (this.#state !== 'open') return;
    this.#state = state;
    this.#timer.cancel();
    const next = this.#onDropped;
    this.#onDropped = null;
    next?.();
  }
}
