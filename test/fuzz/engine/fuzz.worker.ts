import { parentPort, workerData } from 'node:worker_threads';
import { BlockCoverage } from './block-coverage.ts';
import { readCorpus } from './corpus-file.ts';
import type { FuzzTarget } from './fuzz-target.ts';
import type { FuzzMessage, FuzzTask } from './fuzz-thread.ts';
import { Fuzzer } from './fuzzer.ts';
import { InputRunner } from './run-input.ts';

/** Interval of the progress messages of a thread, ms. */
const PROGRESS_MS = 1_000;

const task = workerData as FuzzTask;
const counter = new Int32Array(task.shared, 0, 2);
const current = new Uint8Array(task.shared, 8);
const tell = (message: FuzzMessage): void => parentPort?.postMessage(message);

/** Stores the input where the main thread finds it if this thread hangs. */
function note(input: Uint8Array): void {
  const { length } = input.subarray(0, current.length);
  current.set(input.subarray(0, length));
  Atomics.store(counter, 1, length);
  Atomics.add(counter, 0, 1);
}

// Only code that is compiled from now on is measured in blocks.
let covers: readonly string[] = [];
const coverage = new BlockCoverage((url) => covers.some((part) => url.includes(part)));
const { target } = (await import(task.url)) as { readonly target: FuzzTarget };
covers = target.covers;
const running = await target.start();
const bytesOf = (seed: string | Uint8Array): Uint8Array => (typeof seed === 'string' ? Buffer.from(seed) : seed);
const fuzzer = new Fuzzer(target, new InputRunner(target, running), coverage, {
  ...{ seed: task.seed, isGuided: task.isGuided, maxExecutions: task.maxExecutions, maxFindings: task.maxFindings },
  corpus: [...target.seeds().map(bytesOf), ...(task.usesCorpus ? readCorpus(target.name) : [])],
  deadlineMs: performance.now() + task.seconds * 1_000,
  onInput: note,
  onFinding: (finding) => tell({ kind: 'finding', finding }),
  ...(task.keeps && { onNew: (input: Uint8Array) => tell({ kind: 'new', input }) }),
});
const progress = setInterval(() => tell({ kind: 'progress', count: fuzzer.count }), PROGRESS_MS);
const count = await fuzzer.run();
clearInterval(progress);
tell({ kind: 'done', count });
await running.close?.();
