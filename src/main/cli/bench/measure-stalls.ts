import { monotonicMs, systemSleep } from '../../../shared/clock.ts';
import type { KeeperOf } from './keepers.ts';
import { type LoopHold, watchLoop } from './loop-watch.ts';
import { type MapMode, serveNext } from './map-server.ts';

/** One load, as main felt it. */
export interface LoadSample extends LoopHold {
  readonly totalMs: number;
}

/** Everything that one process saw of one way. */
export interface StallSample {
  readonly cold: readonly LoadSample[];
  readonly changed: readonly LoadSample[];
  readonly same: readonly LoadSample[];
  readonly notModified: readonly LoadSample[];
}

/** How long what a load leaves behind is waited for before the next: threads that boot, collections. */
const REST_MS = 150;

/** How much longer the loop is watched than the load takes: what it leaves to later turns counts too. */
const TAIL_MS = 20;

/** Loads a map in one way: cold, then `refreshes` times each with one in 200 entries changed, with the same bytes and with a 304. */
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
    // The first of a kind takes what the others need: an ETag, a thread, code that is compiled.
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
