import { Worker } from 'node:worker_threads';
import type { Finding } from './fuzz-target.ts';
import type { FuzzCount } from './fuzzer.ts';

/** The task of a fuzzing thread. */
export interface FuzzTask {
  /** The module that exports `target`. */
  readonly url: string;
  readonly seed: number;
  readonly seconds: number;
  readonly maxExecutions: number;
  /** Maximum number of different findings; the search ends when it is reached. */
  readonly maxFindings: number;
  readonly isGuided: boolean;
  /** Whether the committed corpus is read in addition to the target's seeds. */
  readonly usesCorpus: boolean;
  /** Whether new inputs are minimised and reported. */
  readonly keeps: boolean;
  /** Two counters and the current input. */
  readonly shared: SharedArrayBuffer;
}

/** Messages of a fuzzing thread. */
export type FuzzMessage =
  | { readonly kind: 'progress' | 'done'; readonly count: FuzzCount }
  | { readonly kind: 'finding'; readonly finding: Finding }
  | { readonly kind: 'new'; readonly input: Uint8Array };

export interface FuzzResult extends FuzzCount {
  readonly seconds: number;
  readonly found: readonly Finding[];
  /** Minimised inputs that reached new code; empty unless the task keeps them. */
  readonly fresh: readonly Uint8Array[];
}

/** Time in ms after which a running input counts as hanging. */
const HANG_MS = 20_000;
const MAX_INPUT_BYTES = 64 * 1024;
const NOTHING: FuzzCount = { executions: 0, corpus: 0, blocksAtStart: 0, blocks: 0, findings: 0 };

/**
 * Fuzzes one target in a separate thread. An input that never ends, or that ends the thread, is a finding; the thread
 * is then terminated.
 */
export async function fuzzInThread(
  url: string,
  given: Partial<Omit<FuzzTask, 'url' | 'shared'>> & { readonly seed: number },
): Promise<FuzzResult> {
  const shared = new SharedArrayBuffer(8 + MAX_INPUT_BYTES);
  const counter = new Int32Array(shared, 0, 2);
  const defaults = { seconds: 3_600, maxExecutions: Number.POSITIVE_INFINITY, maxFindings: 20, isGuided: true };
  const task: FuzzTask = { ...defaults, usesCorpus: true, keeps: false, ...given, url, shared };
  const { NODE_V8_COVERAGE: _taken, ...env } = process.env;
  // The variable is left out, because a coverage run would use the same inspector counters as this thread.
  const worker = new Worker(new URL('./fuzz.worker.ts', import.meta.url), { workerData: task, env });
  const startedMs = performance.now();
  let count = NOTHING;
  const found: Finding[] = [];
  const fresh: Uint8Array[] = [];
  const current = (): Uint8Array => new Uint8Array(shared, 8, Atomics.load(counter, 1)).slice();
  const { promise, resolve } = Promise.withResolvers<void>();
  let isOver = false;
  worker.on('message', (message: FuzzMessage) => {
    if (message.kind === 'finding') found.push(message.finding);
    else if (message.kind === 'new') fresh.push(message.input);
    else count = message.count;
    if (message.kind !== 'done') return;
    isOver = true;
    resolve();
  });
  const ended = (message: string, frames: readonly string[]): void => {
    if (!isOver) found.push({ kind: 'error', message: `the thread ended: ${message}`, frames, input: current() });
    isOver = true;
    resolve();
  };
  worker.on('error', (error: Error) => ended(error.message, (error.stack ?? '').split('\n').slice(1, 4)));
  worker.on('exit', (code) => ended(`exit code ${code}`, []));
  const hanging = whenStuck(counter, () => {
    const message = `the input runs for more than ${HANG_MS} ms`;
    found.push({ kind: 'hang', message, frames: [], input: current() });
    resolve();
  });
  await promise;
  isOver = true;
  clearInterval(hanging);
  await worker.terminate();
  return { ...count, seconds: (performance.now() - startedMs) / 1_000, found, fresh };
}

/** Calls `onStuck` once if the first counter stays the same for too long. Waits until the first input has started. */
function whenStuck(counter: Int32Array, onStuck: () => void): NodeJS.Timeout {
  let last = 0;
  let sinceMs = performance.now();
  const timer = setInterval(() => {
    const now = Atomics.load(counter, 0);
    if (now !== last) sinceMs = performance.now();
    last = now;
    if (now === 0 || performance.now() - sinceMs < HANG_MS) return;
    clearInterval(timer);
    onStuck();
  }, 500);
  return timer;
}
