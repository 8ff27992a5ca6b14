import type { Dispatcher } from 'undici';
import { nextTurn } from '../../shared/clock.ts';
import type { FetchMap } from '../../shared/load/acquire.ts';
import type { LateAgent } from './late-agent.ts';
import { loadUndiciFetch } from './load-undici.ts';

/** undici's fetch over an agent. It loads undici with the first request, which else fails with MODULE_NOT_LOADED. */
export function fetchOver(dispatcher: Dispatcher): FetchMap {
  return async (url, init) => {
    const fetch = await loadUndiciFetch();
    return fetch(url, { ...init, dispatcher });
  };
}

/**
 * Loads what the first request over an agent needs, in turns of the event loop of their own: in one turn the modules
 * of undici hold it for tens of milliseconds. Never rejects, since the request itself reports what could not be loaded.
 */
export async function warmInTurns(agent: Pick<LateAgent, 'whole'>): Promise<void> {
  try {
    await agent.whole();
    await nextTurn();
    await loadUndiciFetch();
    await nextTurn();
  } catch {
    // The request that follows loads the module again, and fails with the reason.
  }
}
