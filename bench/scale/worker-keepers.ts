import { Worker } from 'node:worker_threads';
import type { Keeper, KeeperOf } from '../../src/main/cli/bench/keepers.ts';

/** Answer of a worker when a map is loaded. */
export type WorkerAnswer = { readonly kind: 'map'; readonly map: unknown } | { readonly kind: 'done' };

/** Loads the map in a worker that requests and verifies it, and posts the whole map as one structured clone. */
export const cloneKeeper: KeeperOf = (url) => workerKeeper('clone', url);

/**
 * Gives the best possible result: loads the map in a worker that does all the work of a load, and posts nothing but a
 * note that it is done.
 */
export const floorKeeper: KeeperOf = (url) => workerKeeper('floor', url);

async function workerKeeper(way: 'clone' | 'floor', url: string): Promise<Keeper> {
  const worker = new Worker(new URL('./keeper-worker.ts', import.meta.url), { workerData: { way, url } });
  const state: { map: unknown } = { map: null };
  const refresh = (): Promise<void> =>
    new Promise((resolve, reject) => {
      worker.once('error', reject);
      worker.once('message', (answer: WorkerAnswer) => {
        worker.off('error', reject);
        if (answer.kind === 'map') state.map = answer.map;
        resolve();
      });
      worker.postMessage('refresh');
    });
  await refresh();
  return { refresh, close: async () => void (await worker.terminate()) };
}
