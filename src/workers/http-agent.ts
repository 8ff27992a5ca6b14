import { Agent, fetch } from 'undici';
import type { FetchMap } from '../shared/acquire.ts';

// One Agent for the thread's whole life: a refresh finds the connection of the last one still open.
const agent = new Agent({ keepAliveTimeout: 60_000, connections: 4 });

/** undici's fetch over this thread's own Agent; main's dispatcher does not reach into workers. */
export const workerFetch: FetchMap = (url, init) => fetch(url, { ...init, dispatcher: agent });
