import type { Dispatcher } from 'undici';
import type { FetchMap } from '../../shared/load/acquire.ts';
import { loadUndiciFetch } from './load-undici.ts';

/**
 * Returns undici's fetch over an agent. The first request loads undici, and fails with MODULE_NOT_LOADED if that is not
 * possible.
 */
export function fetchOver(dispatcher: Dispatcher): FetchMap {
  return async (url, init) => {
    const fetch = await loadUndiciFetch();
    return fetch(url, { ...init, dispatcher });
  };
}
