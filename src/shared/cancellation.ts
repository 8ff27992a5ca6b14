import { Chain } from './chain.ts';

/** A cancellation, as the cancelled work sees it. Every AbortSignal implements it, and so does {@link LateSignal}. */
export interface Cancellation {
  readonly aborted: boolean;
  /** The reason of the abort; undefined before the abort. */
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/**
 * A cancellation that creates its AbortSignal only when {@link signal} is first read. Most calls are never cancelled
 * and never need an AbortSignal. Listeners are called once, in the order in which they were added, and must not throw.
 * A listener that was added twice is called twice, whereas an AbortSignal would call it once.
 */
export class LateSignal implements Cancellation {
  #aborted = false;
  #reason: unknown = undefined;
  /** The first listener. Most signals have only one. */
  #first: (() => void) | null = null;
  #others: Chain<() => void> | null = null;
  #controller: AbortController | null = null;

  get aborted(): boolean {
    return this.#aborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  /** This cancellation as an AbortSignal. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Aborts with this reason. Only the first call has an effect. */
  abort(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason;
    const [first, others] = [this.#first, this.#others];
    this.#first = null;
    this.#others = null;
    first?.();
    for (const listener of others?.values() ?? []) listener();
    this.#controller?.abort(reason);
  }

  throwIfAborted(): void {
    if (this.#aborted) throw this.#reason;
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    if (this.#aborted) return;
    if (this.#first === null && this.#others === null) this.#first = listener;
    else {
      this.#others ??= new Chain();
      this.#others.add(listener);
    }
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    if (this.#first === listener) this.#first = null;
    else this.#others?.removeLast((one) => one === listener);
  }
}

/** Converts a cancellation to an AbortSignal, for third-party code that accepts nothing else. */
export function signalOf(cancellation: Cancellation): AbortSignal {
  if (cancellation instanceof AbortSignal) return cancellation;
  if (cancellation instanceof LateSignal) return cancellation.signal;
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(cancellation.reason);
  if (cancellation.aborted) onAbort();
  else cancellation.addEventListener('abort', onAbort, { once: true });
  return controller.signal;
}
