import { monitorEventLoopDelay } from 'node:perf_hooks';
import { monotonicMs, systemSleep } from '../../../shared/clock.ts';
import type { KeeperOf } from './keepers.ts';
import { type MapMode, serveNext } from './map-server.ts';

/** How long the event loop was blocked during a measurement, in milliseconds. */
export interface LoopHold {
  /** Longest time that the event loop was blocked, measured by how late a timer of 1 ms fired. */
  readonly maxMs: number;
  readonly p99Ms: number;
  /** Longest time that the event loop was blocked, measured by Node's histogram of event loop delays. */
  readonly delayMaxMs: number;
}

/** Sample of one load: how long it blocked the event loop, and how long it took in all. */
export interface LoadSample extends LoopHold {
  readonly totalMs: number;
}

/** Samples of one process: the first load, and the refreshes for each kind of answer from the server. */
export interface StallSample {
  readonly cold: readonly LoadSample[];
  readonly changed: readonly LoadSample[];
  readonly same: readonly LoadSample[];
  readonly notModified: readonly LoadSample[];
}

/** Pause before each load, in milliseconds. It leaves time for threads to start and for garbage collection. */
const REST_MS = 150;

/**
 * How long the event loop is watched before and after the load. A load may leave work for later turns of the event
 * loop, and this work counts too.
 */
const TAIL_MS = 20;

/**
 * Loads a map for the first time, then refreshes it `refreshes` times for each kind of answer from the server: one in
 * 200 entries changed, the same bytes, and a 304.
 */
export async function measureStalls(
  open: KeeperOf,
  url: string,
  count: number,
  refreshes: number,
): Promise<StallSample> {
  await systemSleep(REST_MS);
  let keeper: Awaited<ReturnType<KeeperOf>> | null = null;
  const cold = await measure(async () => {
    keeper = await open(url);
  });
  const refresh = async (): Promise<void> => keeper?.refresh();
  const series = async (mode: MapMode): Promise<LoadSample[]> => {
    await serveNext(url, mode);
    // The first refresh of each kind is not measured, because it stores an ETag, starts a thread and compiles code.
    await refresh();
    const samples: LoadSample[] = [];
    for (let done = 0; done < refreshes; done += 1) samples.push(await measure(refresh));
    return samples;
  };
  return {
    cold: [cold],
    changed: await series(`changed/${Math.max(1, Math.round(count / 200))}`),
    notModified: await series('not-modified'),
    same: await series('same'),
  };
}

async function measure(work: () => Promise<void>): Promise<LoadSample> {
  await systemSleep(REST_MS);
  const watch = watchLoop();
  await systemSleep(TAIL_MS);
  const startedMs = monotonicMs();
  await work();
  const totalMs = monotonicMs() - startedMs;
  await systemSleep(TAIL_MS);
  return { ...watch.stop(), totalMs };
}

/** Measures how long the event loop of the current thread is blocked until `stop` is called. */
export function watchLoop(): { stop(): LoopHold } {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const drifts: number[] = [];
  let last = monotonicMs();
  const look = (): void => {
    const now = monotonicMs();
    drifts.push(Math.max(0, now - last - 1));
    last = now;
  };
  const timer = setInterval(look, 1);
  return {
    stop() {
      look();
      clearInterval(timer);
      delay.disable();
      drifts.sort((a, b) => a - b);
      const at = (share: number): number => drifts[Math.max(0, Math.ceil(share * drifts.length) - 1)] ?? 0;
      // The values of the histogram include its resolution of 1 ms, so 1 ms is subtracted.
      return { maxMs: at(1), p99Ms: at(0.99), delayMaxMs: Math.max(0, delay.max / 1e6 - 1) };
    },
  };
}
