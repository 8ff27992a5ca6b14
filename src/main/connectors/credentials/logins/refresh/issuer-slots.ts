/** Requests for tokens at one issuer at a time. */
const MAX_AT_ONCE = 4;

interface Queue {
  running: number;
  readonly waiting: (() => void)[];
}

/** Lets at most four requests for tokens go to an issuer at a time; the others wait, in order. */
export class IssuerSlots {
  readonly #queues = new Map<string, Queue>();

  /** Runs `work` in its turn. Settles as it does. */
  async run<T>(issuer: string, work: () => Promise<T>): Promise<T> {
    const queue = this.#queues.get(issuer) ?? { running: 0, waiting: [] };
    this.#queues.set(issuer, queue);
    if (queue.running >= MAX_AT_ONCE) await new Promise<void>((resolve) => queue.waiting.push(resolve));
    else queue.running += 1;
    try {
      return await work();
    } finally {
      // A slot goes from hand to hand, so that nobody who comes later gets in between.
      const next = queue.waiting.shift();
      if (next !== undefined) next();
      else queue.running -= 1;
      if (queue.running === 0) this.#queues.delete(issuer);
    }
  }
}
