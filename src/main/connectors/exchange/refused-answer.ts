import { startTimer, type Timer } from '../../../shared/clock.ts';
import { type BodyReader, SMALL_ANSWER_BYTES } from './body-sink.ts';

/** How much of a body that nobody wants is read away, so that its connection can be used again, and for how long. */
const MAX_UNWANTED_BYTES = 64 * 1024;
const MAX_UNWANTED_MS = 1_000;

/** How long a body may take that may still be wanted. Its status says enough. */
const MAX_KEPT_MS = 5_000;

/**
 * The body of an answer that refuses the credentials, while nobody knows yet whether the request is sent again. It is
 * kept within bounds, or cut off with `cutOff`, so that it holds no connection for as long as a person takes to log in.
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

  /** The body broke off. */
  broken(): void {
    this.#over('broken');
  }

  /** Nobody wants it. `next` is called once its connection is free, or gone; at once if it is already. */
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

  /** Hands what came of it to `reader`, and what is still to come. False where it broke off. */
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
    if (this.#state === 'open') this.#cutOff(new Error('The answer to refused credentials does not end'));
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
