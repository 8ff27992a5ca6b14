import { refreshDelayMs } from '../../src/main/service-map/refresh/refresh-delay.ts';
import { seededRandom } from './seeded-random.ts';

export interface Simulation {
  readonly hosts: number;
  readonly intervalMs: number;
  /** How long each map is valid; null if it is valid for longer than any interval. */
  readonly holdsForMs: number | null;
  readonly untilMs: number;
  readonly seed: number;
}

/**
 * Simulates hosts (or sources) that start at the same time and refresh at the intervals of {@link refreshDelayMs}.
 * Returns the number of requests in each second.
 */
export function simulateRefreshes({ hosts, intervalMs, holdsForMs, untilMs, seed }: Simulation): number[] {
  const random = seededRandom(seed);
  const perSecond = Array.from({ length: Math.ceil(untilMs / 1_000) }, () => 0);
  for (let host = 0; host < hosts; host += 1) {
    const delayMs = (kind: 'spread' | 'regular'): number =>
      refreshDelayMs({ intervalMs, jitterFactor: 0.2, kind, holdsForMs }, random());
    for (let atMs = delayMs('spread'); atMs < untilMs; atMs += delayMs('regular')) {
      const second = Math.floor(atMs / 1_000);
      perSecond[second] = (perSecond[second] ?? 0) + 1;
    }
  }
  return perSecond;
}
