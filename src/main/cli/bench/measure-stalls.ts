import { monitorEventLoopDelay } from 'node:perf_hooks';
import { monotonicMs, systemSleep } from '../../../shared/clock.ts';
import type { KeeperOf } from './keepers.ts';
import { type MapMode, serveNext } from './map-server.ts';

/** How long the event loop was blocked while it was watched, in milliseconds. */
export interface LoopHold {
  /** The longest block, measured by the drift of a timer of one millisecond. */
  readonly maxMs: number;
  readonly p99Ms: number;
  /** The longest block, measured by the runtime's own histogram of event loop delay. */
  readonly delayMaxMs: number;
}

/** One load: how long it blocked the event loop and how long it took. */
export interface LoadSample extends LoopHold {
  readonly totalMs: number;
}

/** All loads that one process did in one way. */
export interface StallSample {
  readonly cold: readonly LoadSample[];
  readonly changed: readonly LoadSample[];
  readonly same: readonly LoadSample[];
  readonly notModified: readonly LoadSample[];
}

/** The pause before each load, in which threads boot and garbage is collected. */
const REST_MS = 150;

/**
 * How long the loop is watched before and after the load, since work that the load leaves to later turns counts too.
 */
const TAIL_MS = 20;

/**
 * Loads a map in one way: first cold, then `refreshes` times for each kind of answer (one in 200 entries changed, the
 * same bytes, a 304).
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
    // The first load of a kind is not measured: it prepares an ETag, a thread and compiled code for the other loads.
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

/** Watches the event loop of this thread. */
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
      // The histogram's value includes its resolution of 1 ms.
      return { maxMs: at(1), p99Ms: at(0.99), delayMaxMs: Math.max(0, delay.max / 1e6 - 1) };
    },
  };
}
