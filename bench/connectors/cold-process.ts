/** One cold start in a separate process: `node cold-process.ts WAY JOB`, where JOB is JSON. Prints a ColdSample. */
import { watchStall } from '../support/stall.ts';
import { type ColdJob, type ColdTell, OWN_WAYS } from './cold-ways.ts';
import { PEER_WAYS } from './peers.ts';

export interface ColdSample {
  /** Time until all tools are listed, except those of connectors that hang. */
  readonly toolsMs: number;
  /** Time until one tool of each connector has been called; null if no tools are called. */
  readonly calledMs: number | null;
  readonly stallMs: number;
}

/** Maximum time for clients that wait until a hanging server answers. */
const CAP_MS = 30_000;

export interface ColdProcessJob extends ColdJob {
  readonly tools: number;
  /** Number of connectors that answer. Other connectors hang. */
  readonly connectors: number;
}

const [way = '', text = '{}'] = process.argv.slice(2);
const job = JSON.parse(text) as ColdProcessJob;
const start = OWN_WAYS[way] ?? PEER_WAYS[way];
if (start === undefined) throw new Error(`Unknown way "${way}"`);

const done = Promise.withResolvers<void>();
let startedMs = performance.now();
let stall = { stop: (): number => 0 };
let toolsMs: number | null = null;
let calledMs: number | null = null;
let [tools, called] = [0, 0];
const finish = (): void => {
  if (toolsMs !== null && (calledMs !== null || !job.isCalledToo || way in PEER_WAYS)) done.resolve();
};
const tell: ColdTell = {
  ready() {
    startedMs = performance.now();
    stall = watchStall();
  },
  tools(count) {
    tools += count;
    if (tools >= job.tools) toolsMs ??= performance.now() - startedMs;
    finish();
  },
  called() {
    called += 1;
    if (called >= job.connectors) calledMs ??= performance.now() - startedMs;
    finish();
  },
};
// The client may still be busy when all tools are listed. This process does not wait for the client.
start(job, tell).catch(done.reject);
const cap = setTimeout(() => done.resolve(), CAP_MS);
await done.promise;
clearTimeout(cap);
const sample: ColdSample = { toolsMs: toolsMs ?? CAP_MS, calledMs, stallMs: stall.stop() };
process.stdout.write(JSON.stringify(sample), () => process.exit());
