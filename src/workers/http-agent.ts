import type { FetchMap } from '../shared/acquire.ts';

/** What is expensive to load: 60 to 90 ms of a thread's boot, which a first load whose bytes came from main need not wait for. */
type Undici = typeof import('undici');

let opened: Promise<{ fetch: Undici['fetch']; agent: InstanceType<Undici['Agent']> }> | null = null;

/** undici's fetch over this thread's own Agent; main's dispatcher does not reach into workers. */
export const workerFetch: FetchMap = async (url, init) => {
  const { fetch, agent } = await openHttp();
  return fetch(url, { ...init, dispatcher: agent });
};

/** Loads undici and makes the thread's one Agent, unless that was done: a refresh finds the last one's connection still open. */
export function openHttp(): NonNullable<typeof opened> {
  opened ??= import('undici').then(({ Agent, fetch }) => ({
    fetch,
    agent: new Agent({ keepAliveTimeout: 60_000, connections: 4 }),
  }));
  return opened;
}
