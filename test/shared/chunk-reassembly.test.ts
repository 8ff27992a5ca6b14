import { MessageChannel } from 'node:worker_threads';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LoadCollector, type LoadOutcome } from '../../src/main/service-map/collect-load.ts';
import { Snapshot } from '../../src/main/snapshot/snapshot.ts';
import { nextTurn } from '../../src/shared/clock.ts';
import { INITIAL_CREDITS, type LoadEvent, type LoadTask } from '../../src/shared/protocol.ts';
import { runLoad } from '../../src/shared/run-load.ts';
import { CreditStream } from '../../src/workers/credit-stream.ts';
import { given, loadTask } from '../helpers/load-task.ts';
import { entry, mapOf, signed } from '../helpers/signed-map.ts';

function taskOf(count: number): LoadTask {
  const entries = Array.from({ length: count }, (_, index) => entry(`c${index}`, { metadata: { index } }));
  return loadTask({ given: given(signed(mapOf(entries))) });
}

/** What main does when a chunk has come: waits so many turns before it gives its credit back, or cancels. */
type Step = number | 'cancel';

interface Run {
  readonly outcome: LoadOutcome;
  /** The most chunks that were under way and not yet paid for. */
  readonly mostAhead: number;
  readonly wasCancelled: boolean;
}

/** Sends a load through a real port with the worker's end on one side and main's on the other. */
async function through(task: LoadTask, steps: readonly Step[]): Promise<Run> {
  const { port1: main, port2: worker } = new MessageChannel();
  const stream = new CreditStream(worker, () => new Error('cancelled'));
  const collector = new LoadCollector();
  let mostAhead = 0;
  let paid = 0;
  let chunks = 0;
  let wasCancelled = false;
  const ended = new Promise<LoadOutcome>((resolve) => {
    main.on('message', (event: LoadEvent) => {
      const outcome = collector.take(event);
      if (outcome !== null) return resolve(outcome);
      const step = steps[chunks % Math.max(1, steps.length)] ?? 0;
      chunks += 1;
      mostAhead = Math.max(mostAhead, chunks - paid);
      if (step === 'cancel') {
        wasCancelled = true;
        main.postMessage({ kind: 'cancel' });
        return;
      }
      void (async () => {
        for (let turn = 0; turn < step; turn += 1) await nextTurn();
        paid += 1;
        main.postMessage({ kind: 'credit' });
      })();
    });
  });
  const context = { thread: 'worker', fetch: () => Promise.reject(new Error('no network')), signal: stream.signal };
  const sending = (async () => {
    try {
      for await (const event of runLoad(task, context)) await stream.send(event);
    } catch {
      const report = { thread: 'worker', bytes: 0, phases: { fetch: 0, parse: 0, verify: 0, validate: 0, diff: 0 } };
      await stream.send({
        kind: 'failed',
        error: { code: 'LOAD_CANCELLED', message: '', detail: {}, causes: [] },
        report,
      });
    }
  })();
  const outcome = await ended;
  await sending;
  main.close();
  return { outcome, mostAhead, wasCancelled };
}

const counts = fc.integer({ min: 0, max: 400 });
const delays = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 8 });

it('a map is put together again whole under any schedule of credits, never more than the credits ahead', async () => {
  await fc.assert(
    fc.asyncProperty(counts, delays, async (count, steps) => {
      const { outcome, mostAhead } = await through(taskOf(count), steps);
      if (outcome.kind !== 'loaded') throw new Error(outcome.kind);
      const snapshot = Snapshot.EMPTY.next(outcome.chunks, outcome.commit, []);
      expect(snapshot.entries().map(({ id, metadata }) => [id, metadata?.index])).toEqual(
        Array.from({ length: count }, (_, index) => [`c${index}`, index]),
      );
      expect(mostAhead).toBeLessThanOrEqual(INITIAL_CREDITS);
    }),
    { seed: 64, numRuns: 40 },
  );
});

it('a load that is cancelled at any chunk that has another behind it ends without a commit', async () => {
  const schedule = fc.tuple(fc.integer({ min: 300, max: 400 }), fc.integer({ min: 0, max: 2 }));
  await fc.assert(
    fc.asyncProperty(schedule, async ([count, cancelAt]) => {
      const steps: Step[] = [...Array<Step>(cancelAt).fill(0), ...Array<Step>(10).fill('cancel')];
      const { outcome, wasCancelled } = await through(taskOf(count), steps);
      expect([outcome.kind, wasCancelled]).toEqual(['failed', true]);
    }),
    { seed: 65, numRuns: 20 },
  );
});
