/**
 * When do 1 000 hosts (or sources) that start at the same time request their maps? A simulation with a fixed seed
 * counts the requests per second over an hour. If requests were not spread, all 1 000 would be sent in the same second,
 * every five minutes. `npm run bench -- schedule`
 */
import { simulateRefreshes } from './support/refresh-simulation.ts';

const HOUR = { hosts: 1_000, untilMs: 3_600_000, intervalMs: 300_000, seed: 1 };
const WIDTH = 60;

/** Draws how many seconds had how many requests. */
function histogram(perSecond: readonly number[]): string {
  const seconds = new Map<number, number>();
  for (const requests of perSecond) seconds.set(requests, (seconds.get(requests) ?? 0) + 1);
  const most = Math.max(...seconds.values());
  return Array.from({ length: Math.max(...perSecond) + 1 }, (_, requests) => {
    const count = seconds.get(requests) ?? 0;
    return `${String(requests).padStart(4)} | ${'#'.repeat(Math.ceil((count / most) * WIDTH))} ${count}\n`;
  }).join('');
}

for (const [name, holdsForMs] of [
  ['every five minutes, maps valid for longer', null],
  ['every five minutes, maps valid for a minute', 60_000],
] as const) {
  const perSecond = simulateRefreshes({ ...HOUR, holdsForMs });
  const total = perSecond.reduce((sum, requests) => sum + requests, 0);
  process.stdout.write(
    `\n${name}: ${total} requests of ${HOUR.hosts} hosts in an hour; seconds by their number of requests, at most ${Math.max(...perSecond)}\n${histogram(perSecond)}`,
  );
}
