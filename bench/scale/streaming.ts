import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { watchLoop } from '../../src/main/cli/bench/measure-stalls.ts';
import type { Row, Section } from '../../src/main/cli/bench/report-figures.ts';
import { SentEntries } from '../../src/main/service-map/sent-entries.ts';
import type { ChunkEvent } from '../../src/shared/protocol/thread-messages.ts';

const SIZE = 10_000;
const SHAPES = [
  { name: 'structured clone of all', size: 0, credits: 0 },
  { name: 'one buffer', size: SIZE, credits: 1 },
  { name: '16 entries, 2 credits', size: 16, credits: 2 },
  { name: '64 entries, 1 credit', size: 64, credits: 1 },
  { name: '64 entries, 2 credits', size: 64, credits: 2 },
  { name: '64 entries, 8 credits', size: 64, credits: 8 },
  { name: '64 entries, no credits', size: 64, credits: Number.MAX_SAFE_INTEGER },
  { name: '256 entries, 2 credits', size: 256, credits: 2 },
  { name: '1 024 entries, 2 credits', size: 1_024, credits: 2 },
];

type Message = ChunkEvent | { readonly kind: 'all' } | { readonly kind: 'end' };

/**
 * Measures how long it takes until 10 000 entries have arrived from a worker, and how long the main thread is blocked
 * meanwhile. Compares several chunk sizes and numbers of credits, and also uses entries whose fields all differ.
 */
export async function measureStreaming(rounds: number, tell: (section: Section) => void): Promise<void> {
  for (const isHeterogeneous of [false, true]) {
    const rows: Row[] = [];
    for (const { name, size, credits } of SHAPES) {
      const stalls: number[] = [];
      const totals: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const { stallMs, totalMs } = await stream({ count: SIZE, isHeterogeneous, size, credits });
        stalls.push(stallMs);
        totals.push(totalMs);
      }
      const row = (metric: string, samples: readonly number[]): Row => ({
        ...{ way: name, metric, unit: 'ms', samples },
        baseline: 'structured clone of all',
      });
      rows.push(row('longest stall', stalls), row('total', totals));
    }
    tell({ title: `${SIZE} entries from a thread, ${isHeterogeneous ? 'no two alike' : 'all alike'}`, rows });
  }
}

async function stream(workerData: object): Promise<{ readonly stallMs: number; readonly totalMs: number }> {
  const worker = new Worker(new URL('./streaming-worker.ts', import.meta.url), { workerData });
  await once(worker, 'message');
  await sleep(200);
  const watch = watchLoop();
  await sleep(20);
  const startedMs = performance.now();
  const sent = new SentEntries();
  await new Promise<void>((resolve) => {
    worker.on('message', (message: Message) => {
      if (message.kind !== 'chunk') return resolve();
      sent.add(message);
      worker.postMessage('credit');
    });
    worker.postMessage('start');
  });
  const totalMs = performance.now() - startedMs;
  await sleep(20);
  const { maxMs } = watch.stop();
  await worker.terminate();
  return { stallMs: maxMs, totalMs };
}
