import { type BlockCoverage, CoverageMap, type Novelty, reachesAll } from './block-coverage.ts';
import { DEFAULT_BATCH_SIZE, type Finding, type FuzzTarget, identityOf } from './fuzz-target.ts';
import { minimise } from './minimise.ts';
import { Mutator } from './mutator.ts';
import { Random } from './random.ts';
import type { InputRunner } from './run-input.ts';

export interface FuzzOptions {
  readonly seed: number;
  /** Inputs to start from. */
  readonly corpus: readonly Uint8Array[];
  readonly maxExecutions: number;
  /** Maximum number of different findings; the search ends when it is reached. */
  readonly maxFindings: number;
  /** End of the run, on the clock of `performance.now()`. */
  readonly deadlineMs: number;
  /** Called with every input that reaches new code, minimised. Without it, such inputs are not minimised. */
  readonly onNew?: (input: Uint8Array) => void;
  readonly onFinding: (finding: Finding) => void;
  /** Called before each input. */
  readonly onInput?: (input: Uint8Array) => void;
  /**
   * Whether coverage guides the search. Without guidance, which serves as a comparison, no input joins the corpus.
   * Defaults to true.
   */
  readonly isGuided?: boolean;
}

export interface FuzzCount {
  readonly executions: number;
  readonly corpus: number;
  /** Number of blocks that the first corpus reached. */
  readonly blocksAtStart: number;
  readonly blocks: number;
  readonly findings: number;
}

/** Limits for minimising an input that only reaches new code, so that most of the time remains for the search. */
const SHORT = { maxTries: 100, maxMs: 2_000 };

/**
 * Fuzzes one target, guided by block coverage. Inputs that reach new blocks join the corpus, and further inputs are
 * mutations of the corpus. The coverage is read once per batch; only a batch that reached new blocks is run again, by
 * halves, to find the input that reached them.
 */
export class Fuzzer {
  readonly #target: FuzzTarget;
  readonly #runner: InputRunner;
  readonly #coverage: BlockCoverage;
  readonly #options: FuzzOptions;
  readonly #map = new CoverageMap();
  readonly #corpus: Uint8Array[] = [];
  readonly #found = new Set<string>();
  readonly #random: Random;
  #executions = 0;
  #blocksAtStart = 0;

  constructor(target: FuzzTarget, runner: InputRunner, coverage: BlockCoverage, options: FuzzOptions) {
    this.#target = target;
    this.#runner = runner;
    this.#coverage = coverage;
    this.#options = options;
    this.#random = new Random(options.seed);
  }

  get count(): FuzzCount {
    return {
      executions: this.#executions,
      corpus: this.#corpus.length,
      blocksAtStart: this.#blocksAtStart,
      blocks: this.#map.blocks,
      findings: this.#found.size,
    };
  }

  /** Runs until a limit is reached. */
  async run(): Promise<FuzzCount> {
    const { corpus, isGuided = true } = this.#options;
    const mutator = new Mutator(this.#target, this.#random);
    this.#coverage.take();
    const given = corpus.length > 0 ? corpus : [new Uint8Array()];
    for (const input of given) await this.#tryBatch([input], false);
    if (this.#corpus.length === 0) this.#corpus.push(...given);
    this.#blocksAtStart = this.#map.blocks;
    while (!this.#isOver()) {
      const size = this.#target.batchSize ?? DEFAULT_BATCH_SIZE;
      const batch = Array.from({ length: size }, () => mutator.mutate(this.#pick(), this.#pick()));
      if (isGuided) await this.#tryBatch(batch, true);
      else await this.#execute(batch);
    }
    return this.count;
  }

  #isOver(): boolean {
    const { maxExecutions, maxFindings, deadlineMs } = this.#options;
    const isSpent = this.#executions >= maxExecutions || performance.now() >= deadlineMs;
    return isSpent || this.#found.size >= maxFindings;
  }

  /** Chooses an input from the corpus; half of the time one of the latest additions. */
  #pick(): Uint8Array {
    const { length } = this.#corpus;
    const recent = Math.ceil(length / 8);
    const at = this.#random.oneIn(2) ? length - 1 - this.#random.below(recent) : this.#random.below(length);
    return this.#corpus[at] ?? new Uint8Array();
  }

  async #tryBatch(batch: readonly Uint8Array[], isNew: boolean): Promise<void> {
    await this.#execute(batch);
    const reached = this.#coverage.take();
    const novelty = this.#map.newIn(reached);
    if (novelty.size === 0) return;
    if (batch.length === 1) {
      // The corpus gets the smaller input, because all mutations of a slow input would be slow as well.
      const [input = new Uint8Array()] = batch;
      const smaller = isNew && this.#options.onNew !== undefined ? await this.#smaller(input, novelty) : input;
      this.#corpus.push(smaller);
      if (isNew) this.#options.onNew?.(smaller);
    } else {
      const half = Math.ceil(batch.length / 2);
      await this.#tryBatch(batch.slice(0, half), isNew);
      await this.#tryBatch(batch.slice(half), isNew);
    }
    // Blocks that only the whole batch reached count as well; otherwise each later batch would be split to find them.
    this.#map.add(reached);
  }

  async #execute(batch: readonly Uint8Array[]): Promise<void> {
    for (const input of batch) {
      this.#executions += 1;
      const finding = await this.#runOne(input);
      if (finding !== null) await this.#report(finding);
    }
    const late = await this.#runner.late(batch.at(-1) ?? new Uint8Array());
    if (late !== null) await this.#report(late);
  }

  #runOne(input: Uint8Array): Promise<Finding | null> {
    this.#options.onInput?.(input);
    return this.#runner.run(input);
  }

  async #report(finding: Finding): Promise<void> {
    const identity = identityOf(finding);
    if (this.#found.has(identity)) return;
    this.#found.add(identity);
    const input = await minimise(finding.input, async (candidate) => {
      const again = await this.#runOne(candidate);
      return again !== null && identityOf(again) === identity;
    });
    this.#coverage.take();
    this.#options.onFinding({ ...finding, input });
  }

  /** Finds the smallest input that reaches the blocks that `input` was the first to reach. */
  #smaller(input: Uint8Array, novelty: Novelty): Promise<Uint8Array> {
    return minimise(
      input,
      async (candidate) => {
        this.#coverage.take();
        await this.#runOne(candidate);
        return reachesAll(this.#coverage.take(), novelty);
      },
      SHORT,
    );
  }
}
