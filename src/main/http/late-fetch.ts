import type { Dispatcher } from 'undici';
import { nextTurn } from '../../shared/clock.ts';
import type { FetchMap } from '../../shared/load/acquire.ts';
import type { LateAgent } from './late-agent.ts';
import { loadUndiciFetch } from './load-undici.ts';

/**
 * Returns undici's fetch, which sends its requests through `dispatcher`. The first request loads undici. It fails with
 * MODULE_NOT_LOADED if undici cannot be loaded.
 */
export function fetchOver(dispatcher: Dispatcher): FetchMap {
  return async (url, init) => {
    const fetch = await loadUndiciFetch();
    return fetch(url, { ...init, dispatcher });
  };
}

/**
 * Loads the modules that the first request through an agent needs, one module per turn of the event loop. Loading them
 * all in one turn would block the event loop for tens of milliseconds. Never rejects, because the request itself
 * reports a module that cannot be loaded.
 */
export async function warmInTurns(agent: Pick<LateAgent, 'whole'>): Promise<void> {
  try {
    await agent.whole();
    await nextTurn();
    await loadUndiciFetch();
    await nextTurn();
  } catch {
    // The error is ignored here, because the next request loads the module again and reports the error.
  }
}
