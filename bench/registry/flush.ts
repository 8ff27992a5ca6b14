import { setTimeout as sleep } from 'node:timers/promises';
import type { Row, Section } from '../../src/main/cli/bench/report-figures.ts';
import { upperBoundOfMean } from '../support/bootstrap.ts';
import { watchStall } from '../support/stall.ts';
import { serverOf, withStore } from './servers.ts';
import type { OpenStore } from './stores.ts';

const SIZE = 10_000;

/**
 * Measures how long it takes to write the file after a change of one server among 10 000, and how long that blocks the
 * main thread. The baseline is an event loop that is idle for the same time.
 */
export async function measureFlushes(
  stores: Readonly<Record<string, OpenStore>>,
  pairs: number,
  tell: (section: Section) => void,
): Promise<void> {
  const rows: Row[] = [];
  const notes: string[] = [];
  for (const [way, open] of Object.entries(stores)) {
    const samples = { flushMs: [] as number[], stallMs: [] as number[], idleMs: [] as number[] };
    await withStore(open, SIZE, async ({ put, flush }) => {
      if (flush === null) return;
      for (let pair = 0; pair < pairs; pair += 1) {
        await sleep(50);
        const stall = watchStall();
        const startedMs = performance.now();
        void put(serverOf(pair, pair));
        await flush();
        const tookMs = performance.now() - startedMs;
        samples.flushMs.push(tookMs);
        // Waits until the timer that watches for stalls has fired once more.
        await sleep(2);
        samples.stallMs.push(stall.stop());
        const idle = watchStall();
        await sleep(tookMs + 2);
        samples.idleMs.push(idle.stop());
      }
    });
    if (samples.flushMs.length === 0) continue;
    const row = (metric: string, values: readonly number[]): Row => ({
      ...{ way, metric, unit: 'ms' },
      samples: values,
      baseline: 'rewrite',
    });
    rows.push(
      row('flush', samples.flushMs),
      row('longest stall', samples.stallMs),
      row('longest stall, idle', samples.idleMs),
    );
    const differences = samples.stallMs.map((value, index) => value - (samples.idleMs[index] ?? Number.NaN));
    notes.push(
      `${way}: stall beyond idle, upper 95 % bound of the mean: ${upperBoundOfMean(differences).toFixed(2)} ms`,
    );
  }
  tell({ title: `Flush of one change among ${SIZE} servers`, rows, notes });
}
