import type { CircuitState } from './circuit-breaker.ts';

/** How old the map in hand is: within its time to live, past it, or not there at all. */
export type Freshness = 'fresh' | 'stale' | 'none';

/** What `sync` does before anything is asked. */
export type SyncDecision = 'serve' | 'serve-stale' | 'ask' | 'reject';

/** What stands between a source and the network: the circuit, or a server that asked us to wait (`paused`). */
export type Gate = CircuitState | 'paused';

/** The table of `sync` (docs/service-map.md). A half-open circuit asks, which is its probe. */
export function decideSync(cached: Freshness, forced: boolean, gate: Gate): SyncDecision {
  if (cached === 'fresh' && !forced) return 'serve';
  if (gate === 'paused') return cached === 'none' ? 'reject' : 'serve-stale';
  if (gate !== 'open') return 'ask';
  return cached === 'stale' && !forced ? 'serve-stale' : 'reject';
}

/** Whether `sync` rejects once it asked in vain. The failure that opens the circuit rejects too when it was forced. */
export function rejectsOnFailure(cached: Freshness, forced: boolean, opened: boolean): boolean {
  return cached === 'none' || (forced && opened);
}
