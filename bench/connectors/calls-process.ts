/**
 * Calls tools in one way, in a separate process: `node calls-process.ts WAY JOB`, where JOB is JSON. Prints a
 * CallSample.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from '../../src/main/cli/bench/report-figures.ts';
import { CALL_WAYS, type Call, type Speech } from './call-ways.ts';

export interface CallJob {
  readonly urls: readonly string[];
  readonly speech: Speech;
  readonly mode: 'sequential' | 'in-flight' | 'steady';
  readonly calls: number;
}

export interface CallSample {
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly perSecond: number;
}

const WARM_UP_CALLS = 300;
const IN_FLIGHT = 32;
const STEADY_PER_SECOND = 100;

const MODES: Readonly<Record<CallJob['mode'], (call: Call, calls: number) => Promise<number[]>>> = {
  async sequential(call, calls) {
    const latencies: number[] = [];
    for (let made = 0; made < calls; made += 1) latencies.push(await timed(call));
    return latencies;
  },
  async 'in-flight'(call, calls) {
    const latencies: number[] = [];
    let left = calls;
    const caller = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        latencies.push(await timed(call));
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, caller));
    return latencies;
  },
  /**
   * Open loop: calls start at scheduled times, even if earlier calls have not ended. Latency counts from the scheduled
   * time, which avoids coordinated omission.
   */
  async steady(call, calls) {
    const startedMs = performance.now();
    return Promise.all(
      Array.from({ length: calls }, async (_, index) => {
        const dueMs = startedMs + (index * 1_000) / STEADY_PER_SECOND;
        await sleep(Math.max(0, dueMs - performance.now()));
        await call(0);
        return performance.now() - dueMs;
      }),
    );
  },
};

async function timed(call: Call): Promise<number> {
  const startedMs = performance.now();
  await call(0);
  return performance.now() - startedMs;
}

const [way = '', text = '{}'] = process.argv.slice(2);
const job = JSON.parse(text) as CallJob;
const open = CALL_WAYS[way];
if (open === undefined) throw new Error(`Unknown way "${way}"`);
const call = await open(job.urls, job.speech);
const isSteady = job.mode === 'steady';
await Promise.all(Array.from({ length: isSteady ? 8 : 1 }, () => MODES.sequential(call, isSteady ? 8 : WARM_UP_CALLS)));
const startedMs = performance.now();
const latencies = await MODES[job.mode](call, job.calls);
const perSecond = (1_000 * job.calls) / (performance.now() - startedMs);
const at = (share: number): number => percentile(latencies, share);
const sample: CallSample = { p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99), perSecond };
process.stdout.write(JSON.stringify(sample), () => process.exit());
