import type { MessagePort } from 'node:worker_threads';
import { INITIAL_CREDITS, type LoadControl, type LoadEvent } from '../../shared/protocol/thread-messages.ts';

/**
 * The worker's end of the message port for a load. The worker sends events, waits for a credit before each chunk, and
 * receives `cancel`. Without credits, a fast worker could send a whole map without a pause, and block the main thread's
 * event loop.
 */
export class CreditStream {
  readonly #port: MessagePort;
  readonly #cancel = new AbortController();
  #credits = INITIAL_CREDITS;
  #wake: (() => void) | null = null;

  constructor(port: MessagePort, cancelReason: () => Error) {
    this.#port = port;
    port.on('message', (control: LoadControl) => {
      switch (control.kind) {
        case 'credit':
          this.#credits += 1;
          break;
        case 'cancel':
          this.#cancel.abort(cancelReason());
          break;
      }
      this.#wake?.();
    });
    port.on('close', () => {
      this.#cancel.abort(cancelReason());
      this.#wake?.();
    });
  }

  /** Aborts when the main thread cancels the load or closes the port. */
  get signal(): AbortSignal {
    return this.#cancel.signal;
  }

  /**
   * Sends one event. A chunk first waits for a credit. Rejects with the signal's reason after a cancellation. A
   * `failed` event is sent even then.
   */
  async send(event: LoadEvent): Promise<void> {
    if (event.kind === 'chunk') await this.#takeCredit();
    if (event.kind !== 'failed') this.signal.throwIfAborted();
    this.#port.postMessage(event, transferables(event));
  }

  async #takeCredit(): Promise<void> {
    while (this.#credits === 0 && !this.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.signal.throwIfAborted();
    this.#credits -= 1;
  }
}

/** Returns the buffers of an event that are transferred instead of copied. This thread no longer uses them. */
function transferables(event: LoadEvent): ArrayBuffer[] {
  switch (event.kind) {
    case 'chunk':
      return [event.packed.buffer];
    case 'commit':
      return event.body === null ? [] : [event.body.buffer];
    case 'unchanged':
    case 'failed':
      return [];
  }
}
