/**
 * A client that reads large results, in a separate process: `node stream-process.ts JOB`, where JOB is JSON. Prints a
 * StreamSample.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { forgetPeak, memoryOf } from '../support/process-figures.ts';
import { openRawClient } from './raw-client.ts';
import type { Target } from './target.ts';

export interface StreamJob {
  readonly target: Target;
  /** Size of the text in each result. */
  readonly bytes: number;
  /** Number of results that are read at the same time. */
  readonly atOnce: number;
  /** Pause of the client after each 64 KiB. */
  readonly pauseMs: number;
  readonly passes: number;
  /** URL at which the gateway reports its used memory; null to measure its resident memory instead. */
  readonly heldUrl: string | null;
}

/** For each pass, the duration and the growth of the gateway's memory at its peak. */
export interface StreamSample {
  readonly growthBytes: readonly number[];
  readonly elapsedMs: readonly number[];
}

/** Number of passes that are not counted. In these passes, a gateway allocates memory that it needs only once. */
const WARM_UP_PASSES = 3;
const REST_MS = 300;

const { target, bytes, atOnce, pauseMs, passes, heldUrl } = JSON.parse(process.argv[2] ?? '{}') as StreamJob;
const pid = target.pid ?? 0;
const client = await openRawClient(target, pauseMs);

/** Returns the gateway's memory, and starts to measure its peak. */
async function begin(): Promise<number> {
  if (heldUrl !== null) {
    await most();
    return most();
  }
  forgetPeak(pid);
  return memoryOf(pid)?.rssBytes ?? Number.NaN;
}

async function most(): Promise<number> {
  return heldUrl === null ? (memoryOf(pid)?.peakBytes ?? Number.NaN) : Number(await (await fetch(heldUrl)).text());
}

/** Reads one result, and resolves with its length. */
async function result(): Promise<number> {
  return JSON.stringify(await client.call(target.tool, { query: '', bytes })).length;
}

async function pass(): Promise<{ growthBytes: number; elapsedMs: number }> {
  await sleep(REST_MS);
  const before = await begin();
  const startedMs = performance.now();
  const sizes = await Promise.all(Array.from({ length: atOnce }, result));
  const elapsedMs = performance.now() - startedMs;
  const growthBytes = (await most()) - before;
  if (sizes.some((size) => size < bytes))
    throw new Error(`Results of ${target.way} have ${sizes.join(', ')} bytes instead of ${bytes}`);
  return { growthBytes, elapsedMs };
}

const results: Awaited<ReturnType<typeof pass>>[] = [];
for (let count = 0; count < WARM_UP_PASSES + passes; count += 1) results.push(await pass());
const counted = results.slice(WARM_UP_PASSES);
const sample: StreamSample = {
  growthBytes: counted.map(({ growthBytes }) => growthBytes),
  elapsedMs: counted.map(({ elapsedMs }) => elapsedMs),
};
process.stdout.write(JSON.stringify(sample), () => process.exit());
