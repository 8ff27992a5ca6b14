import type { CircuitState } from './circuit-breaker.ts';

/** How old the current map is: within its time to live, past it, or missing. */
export type Freshness = 'fresh' | 'stale' | 'none';

/** What `sync` does before any request is sent. */
export type SyncDecision = 'serve' | 'serve-stale' | 'ask' | 'reject';

/** What may keep a source from sending a request: the circuit, or a server that asked for a pause (`paused`). */
export type Gate = CircuitState | 'paused';

/**
 * Decides what `sync` does, by the table in docs/refreshing.md. A half-open circuit allows one request as its probe.
 */
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
