/** Thrown by a case that this machine does not allow; the reason is said aloud. */
export class Skip extends Error {
  override readonly name = 'Skip';
}

/** What the cases share. */
export interface Context {
  readonly seed: number;
  /** The long form: every point and not a choice of them. */
  readonly isFull: boolean;
  /** The compiled shim; throws a Skip where there is no compiler. */
  shim(): string;
  /** Counts something for the summary: `killed`. */
  count(what: string, howOften?: number): void;
  /** Says how far a case is. */
  progress(text: string): void;
}

/** One fault, or one kind of it, and what must hold under it. */
export interface FaultCase {
  readonly name: string;
  /** Rejects where something does not hold; resolves with what was done. */
  run(context: Context): Promise<string>;
}

/** Processes that are worth running side by side. */
const LANES = 2;

/** Runs `work` for each item, some at a time. Rejects with the first failure, once those under way have come to an end. */
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

/** Runs `work` with 1, 2, 3, … until it says that it is enough; the last of them. */
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
