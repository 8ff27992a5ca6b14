import type { Dispatcher } from 'undici';
import type { FetchMap } from '../../shared/load/acquire.ts';
import { loadUndiciFetch } from './load-undici.ts';

/** undici's fetch over an agent. It loads undici with the first request, which else fails with MODULE_NOT_LOADED. */
export function fetchOver(dispatcher: Dispatcher): FetchMap {
  return async (url, init) => {
    const fetch = await loadUndiciFetch();
    return fetch(url, { ...init, dispatcher });
  };
}
