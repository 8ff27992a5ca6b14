import type { CircuitState } from './circuit-breaker.ts';

/** The age of the current map: within its time to live, past it, or no map at all. */
export type Freshness = 'fresh' | 'stale' | 'none';

/** What `sync` does: it returns the current map, requests a new one, or rejects. */
export type SyncDecision = 'serve' | 'serve-stale' | 'ask' | 'reject';

/**
 * What may prevent a source from sending a request: the state of the circuit, or `paused` if a server asked for a
 * pause.
 */
export type Gate = CircuitState | 'paused';

/** Decides what `sync` does, according to the table in docs/refreshing.md. A half-open circuit allows one request. */
export function decideSync(cached: Freshness, forced: boolean, gate: Gate): SyncDecision {
  if (cached === 'fresh' && !forced) return 'serve';
  if (gate === 'paused') return cached === 'none' ? 'reject' : 'serve-stale';
  if (gate !== 'open') return 'ask';
  return cached === 'stale' && !forced ? 'serve-stale' : 'reject';
}

/**
 * Whether `sync` rejects after a failed request. A forced `sync` also rejects after the failure that opens the circuit.
 */
export function rejectsOnFailure(cached: Freshness, forced: boolean, opened: boolean): boolean {
  return cached === 'none' || (forced && opened);
}
