/**
 * How much slower is a call if the whole fleet shares a quota than if each host has its own quota? Calls run one after
 * the other under `perMinute` and `concurrent`. Rounds with and without the fleet alternate in one process, with a real
 * Redis server and the real fleet thread. The target is at most 0.05 ms more per call. `npm run bench -- fleet-quotas`
 */
import { CallQuota } from '../src/main/connectors/calls/call-quota.ts';
import { createFleet } from '../src/main/fleet/create-fleet.ts';
import { createCallPermits } from '../src/main/fleet/permits/create-call-permits.ts';
import { silentLogger } from '../src/main/observability/logger.ts';
import { resolveFleet } from '../src/main/options/fleet-options.ts';
import { systemClock, systemRandom } from '../src/shared/clock.ts';
import { eventually } from '../test/helpers/eventually.ts';
import { RedisServer } from '../test/helpers/fleet/redis-server.ts';

const ROUNDS = 60;
const ROUND_MS = 150;
/**
 * Number of calls between two pauses. Without pauses, this process would do nothing but request permits, because the
 * calls are empty. With pauses, the call rate is realistic for one process.
 */
const PAUSE_EVERY = 10;

const quotas = { perMinute: 10_000_000, concurrent: 64 };
const { signal } = new AbortController();

await using server = await RedisServer.start();
const options = resolveFleet({ url: server.url, id: 'bench', secrets: ['b'.repeat(32)], quotas: true });
if (options === null) throw new Error('Internal error: there are no options for the fleet');
const deps = { logger: silentLogger, clock: systemClock, random: systemRandom };
const fleet = createFleet(options, deps);
await eventually('the fleet is connected', () => fleet.isConnected);
const createPermits = createCallPermits(fleet, deps);
if (createPermits === null) throw new Error('Internal error: the fleet does not share its quotas');

const ways = {
  own: new CallQuota(quotas),
  fleet: new CallQuota(quotas, (line) => createPermits('shop', line)),
};
const takenUs: Record<keyof typeof ways, number[]> = { own: [], fleet: [] };

/** Makes calls for {@link ROUND_MS}, and adds the duration of each call to `taken`. */
async function round(quota: CallQuota, taken: number[]): Promise<void> {
  const endsMs = performance.now() + ROUND_MS;
  for (let made = 1; performance.now() < endsMs; made += 1) {
    const startedMs = performance.now();
    const leave = await quota.acquire(signal, 'shop', 60_000);
    leave();
    taken.push((performance.now() - startedMs) * 1_000);
    if (made % PAUSE_EVERY === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

for (const quota of Object.values(ways)) await round(quota, []);
for (let done = 0; done < ROUNDS; done += 1) {
  const order = done % 2 === 0 ? (['own', 'fleet'] as const) : (['fleet', 'own'] as const);
  for (const way of order) await round(ways[way], takenUs[way]);
}

const at = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
const row = (name: string, values: readonly number[]): string =>
  `${name.padEnd(12)}${values.map((value) => value.toFixed(2).padStart(12)).join('')}\n`;
process.stdout.write('quotas            calls    p50 (µs)    p95 (µs)    p99 (µs)   mean (µs)\n');
const shown = Object.entries(takenUs).map(([name, taken]) => {
  const sorted = taken.toSorted((one, other) => one - other);
  const mean = taken.reduce((sum, value) => sum + value, 0) / taken.length;
  const values = [at(sorted, 0.5), at(sorted, 0.95), at(sorted, 0.99), mean];
  process.stdout.write(`${name.padEnd(12)}${String(taken.length).padStart(11)} ${row('', values).slice(12)}`);
  return values;
});
const more = (shown[1] ?? []).map((value, index) => value - (shown[0]?.[index] ?? 0));
process.stdout.write(row('more', [Number.NaN, ...more]).replace('NaN', '   '));

for (const quota of Object.values(ways)) quota.close();
await fleet.close();
