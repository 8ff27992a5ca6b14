import { type Profiler, Session } from 'node:inspector';

/** A range of source offsets. `end` is the first offset after the range. */
export type Interval = readonly [start: number, end: number];

/** The functions that ran since the last reading, each with its parts that did not run. */
export type Reached = ReadonlyMap<string, Profiler.FunctionCoverage>;

/** Parts of functions that no earlier input had run. */
export type Novelty = ReadonlyMap<string, readonly Interval[]>;

/**
 * Reads V8's precise block coverage of this thread. A reading resets the counters and returns only functions that ran.
 * Start it before importing the code to be measured, because functions that were compiled earlier are not divided into
 * blocks.
 */
export class BlockCoverage implements Disposable {
  readonly #session = new Session();
  readonly #covers: (url: string) => boolean;
  readonly #isCovered = new Map<string, boolean>();

  constructor(covers: (url: string) => boolean) {
    this.#covers = covers;
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** Returns the functions that ran since the last call. */
  take(): Reached {
    const reached = new Map<string, Profiler.FunctionCoverage>();
    for (const { scriptId, url, functions } of this.#read())
      if (this.#counts(scriptId, url))
        for (const found of functions) {
          const [whole] = found.ranges;
          if (whole === undefined || found.ranges.every(({ count }) => count === 0)) continue;
          reached.set(`${url}:${whole.startOffset}-${whole.endOffset}`, found);
        }
    return reached;
  }

  [Symbol.dispose](): void {
    this.#session.disconnect();
  }

  #read(): readonly Profiler.ScriptCoverage[] {
    let scripts: readonly Profiler.ScriptCoverage[] = [];
    let failure: Error | null = null;
    // The session belongs to this thread, so the callback runs before `post` returns.
    this.#session.post('Profiler.takePreciseCoverage', (error, answer) => {
      failure = error;
      scripts = error === null ? answer.result : [];
    });
    if (failure !== null) throw failure;
    return scripts;
  }

  #counts(scriptId: string, url: string): boolean {
    const known = this.#isCovered.get(scriptId);
    if (known !== undefined) return known;
    const counts = this.#covers(url);
    this.#isCovered.set(scriptId, counts);
    return counts;
  }
}

/** All blocks that have been reached so far. */
export class CoverageMap {
  /** The parts of each function that never ran. */
  readonly #uncovered = new Map<string, readonly Interval[]>();
  readonly #blocks = new Map<string, Set<number>>();

  /** Number of functions and blocks of functions that ran, each counted once. */
  get blocks(): number {
    return this.#blocks.values().reduce((sum, blocks) => sum + blocks.size, 0);
  }

  /** Returns the blocks that `reached` adds, if any. */
  newIn(reached: Reached): Novelty {
    const novelty = new Map<string, readonly Interval[]>();
    for (const [key, { ranges }] of reached) {
      const before = this.#uncovered.get(key) ?? wholeOf(ranges);
      if (before.length === 0) continue;
      const fresh = subtract(before, notRun(ranges));
      if (fresh.length > 0) novelty.set(key, fresh);
    }
    return novelty;
  }

  add(reached: Reached): void {
    for (const [key, { ranges }] of reached) {
      const before = this.#uncovered.get(key) ?? wholeOf(ranges);
      if (before.length > 0) this.#uncovered.set(key, intersect(before, notRun(ranges)));
      else this.#uncovered.set(key, before);
      const blocks = this.#blocks.get(key) ?? new Set();
      this.#blocks.set(key, blocks);
      for (const { startOffset, endOffset, count } of ranges)
        if (count > 0) blocks.add(startOffset * 0x40_0000 + endOffset);
    }
  }
}

/** Whether `reached` contains everything in `novelty`. */
export function reachesAll(reached: Reached, novelty: Novelty): boolean {
  for (const [key, fresh] of novelty) {
    const found = reached.get(key);
    if (found === undefined || intersect(fresh, notRun(found.ranges)).length > 0) return false;
  }
  return true;
}

/**
 * Returns the parts of a function that did not run. Their innermost range has the count 0. V8 nests the ranges, and
 * lists outer ranges first.
 */
export function notRun(ranges: readonly Profiler.CoverageRange[]): readonly Interval[] {
  const found: [number, number][] = [];
  const open: Profiler.CoverageRange[] = [];
  let at = ranges[0]?.startOffset ?? 0;
  const moveTo = (to: number): void => {
    const last = found.at(-1);
    if (to <= at) return;
    if (open.at(-1)?.count === 0) {
      if (last?.[1] === at) last[1] = to;
      else found.push([at, to]);
    }
    at = to;
  };
  const closeUntil = (start: number): void => {
    for (let top = open.at(-1); top !== undefined && top.endOffset <= start; top = open.at(-1)) {
      moveTo(top.endOffset);
      open.pop();
    }
  };
  for (const range of ranges) {
    closeUntil(range.startOffset);
    moveTo(range.startOffset);
    open.push(range);
  }
  closeUntil(Number.POSITIVE_INFINITY);
  return found;
}

function wholeOf([whole]: readonly Profiler.CoverageRange[]): readonly Interval[] {
  return whole === undefined ? [] : [[whole.startOffset, whole.endOffset]];
}

function intersect(some: readonly Interval[], others: readonly Interval[]): readonly Interval[] {
  return some.flatMap(([start, end]) =>
    others.map(([from, to]): Interval => [Math.max(start, from), Math.min(end, to)]).filter(([from, to]) => from < to),
  );
}

function subtract(some: readonly Interval[], others: readonly Interval[]): readonly Interval[] {
  let rest = some;
  for (const [from, to] of others)
    rest = rest.flatMap(([start, end]): Interval[] =>
      [[start, Math.min(end, from)] as const, [Math.max(start, to), end] as const].filter(
        ([left, right]) => left < right,
      ),
    );
  return rest;
}
