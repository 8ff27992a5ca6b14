/** Maximum number of concurrent token requests to one issuer. */
const MAX_AT_ONCE = 4;

interface Queue {
  running: number;
  readonly waiting: (() => void)[];
}

/** Sends at most four concurrent token requests to an issuer. Further requests wait, in order. */
export class IssuerSlots {
  readonly #queues = new Map<string, Queue>();

  /** Runs `work` when a slot is free. Settles as `work` does. */
  async run<T>(issuer: string, work: () => Promise<T>): Promise<T> {
    const queue = this.#queues.get(issuer) ?? { running: 0, waiting: [] };
    this.#queues.set(issuer, queue);
    if (queue.running >= MAX_AT_ONCE) await new Promise<void>((resolve) => queue.waiting.push(resolve));
    else queue.running += 1;
    try {
      return await work();
    } finally {
      // The slot passes directly to the next waiting request, so that no later request can overtake it.
      const next = queue.waiting.shift();
      if (next !== undefined) next();
      else queue.running -= 1;
      if (queue.running === 0) this.#queues.delete(issuer);
    }
  }
}
