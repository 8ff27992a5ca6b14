/** Thrown by a case that cannot run on this machine. The message says why. */
export class Skip extends Error {
  override readonly name = 'Skip';
}

/** Shared tools and settings of the cases. */
export interface Context {
  readonly seed: number;
  /** Whether to test every point instead of a sample. */
  readonly isFull: boolean;
  /** Returns the path of the compiled shim. Throws a Skip if this machine has no compiler. */
  shim(): string;
  /** Counts an event for the summary, such as `kills`. */
  count(what: string, howOften?: number): void;
  /** Reports the progress of a case. */
  progress(text: string): void;
}

/** One fault or kind of fault, with a check of what must be true despite the fault. */
export interface FaultCase {
  readonly name: string;
  /** Resolves with a summary, or rejects if the check fails. */
  run(context: Context): Promise<string>;
}

/** Number of processes that run in parallel. */
const LANES = 2;

/** Runs `work` for each item, a few at a time. Rejects with the first failure, once the running items have ended. */
export async function inLanes<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const iterator = items[Symbol.iterator]();
  let failure: unknown = null;
  const lane = async (): Promise<void> => {
    for (let next = iterator.next(); next.done !== true && failure === null; next = iterator.next()) {
      try {
        await work(next.value);
      } catch (error) {
        failure ??= error;
      }
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  if (failure !== null) throw failure;
}

/** Runs `work` with 1, 2, 3, … until it returns `enough`. Resolves with the number for which it did. */
export async function upwards(work: (at: number) => Promise<'more' | 'enough'>): Promise<number> {
  let last = Number.POSITIVE_INFINITY;
  function* numbers(): Generator<number> {
    for (let at = 1; at <= last; at += 1) yield at;
  }
  await inLanes(numbers(), async (at) => {
    if ((await work(at)) === 'enough') last = Math.min(last, at);
  });
  return last;
}
