import { once } from 'node:events';
import { MessageChannel } from 'node:worker_threads';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LoadCollector, type LoadOutcome } from '../../../src/main/service-map/loading/collect-load.ts';
import { Snapshot } from '../../../src/main/service-map/snapshot.ts';
import { nextTurn } from '../../../src/shared/clock.ts';
import { runLoad } from '../../../src/shared/load/run-load.ts';
import { INITIAL_CREDITS, type LoadEvent, type LoadTask } from '../../../src/shared/protocol/thread-messages.ts';
import { CreditStream } from '../../../src/workers/load/credit-stream.ts';
import { given, loadTask } from '../../helpers/load-task.ts';
import { entry, type Json, mapOf, NOW, signed } from '../../helpers/signed-map.ts';

function taskOf(count: number): LoadTask {
  const entries = Array.from({ length: count }, (_, index) => entry(`c${index}`, { metadata: { index } }));
  return loadTask({ given: given(signed(mapOf(entries))) });
}

/** What the main thread does with a chunk. It returns the credit after this many turns, or cancels the load. */
type Step = number | 'cancel';

interface Run {
  readonly outcome: LoadOutcome;
  /** Highest number of chunks that were sent before their credit was returned. */
  readonly mostAhead: number;
  readonly wasCancelled: boolean;
  readonly chunkSizes: readonly number[];
}

/** Runs a load on one end of a message channel, and collects its result on the other end as the main thread does. */
async function through(task: LoadTask, steps: readonly Step[]): Promise<Run> {
  const { port1: main, port2: worker } = new MessageChannel();
  const stream = new CreditStream(worker, () => new Error('cancelled'));
  const collector = new LoadCollector();
  let mostAhead = 0;
  let paid = 0;
  const chunkSizes: number[] = [];
  let wasCancelled = false;
  const ended = new Promise<LoadOutcome>((resolve) => {
    main.on('message', (event: LoadEvent) => {
      const outcome = collector.take(event);
      if (outcome !== null) return resolve(outcome);
      const step = steps[chunkSizes.length % Math.max(1, steps.length)] ?? 0;
      chunkSizes.push(event.kind === 'chunk' ? event.ids.length : 0);
      mostAhead = Math.max(mostAhead, chunkSizes.length - paid);
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
  const context = {
    thread: 'worker',
    fetch: () => Promise.reject(new Error('no network')),
    signal: stream.signal,
    proven: null,
  };
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
  return { outcome, mostAhead, wasCancelled, chunkSizes };
}

const counts = fc.integer({ min: 0, max: 400 });
const delays = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 8 });

it('a map arrives completely with any timing of credits, and the number of chunks under way never exceeds the credits', async () => {
  await fc.assert(
    fc.asyncProperty(counts, delays, async (count, steps) => {
      const { outcome, mostAhead } = await through(taskOf(count), steps);
      if (outcome.kind !== 'loaded') throw new Error(outcome.kind);
      const snapshot = snapshotOf(outcome);
      expect(snapshot.entries().map(({ id, metadata }) => [id, metadata?.index])).toEqual(
        Array.from({ length: count }, (_, index) => [`c${index}`, index]),
      );
      expect(mostAhead).toBeLessThanOrEqual(INITIAL_CREDITS);
    }),
    { seed: 64, numRuns: 40 },
  );
});

it('a load that is cancelled before its last chunk fails, and returns no map', async () => {
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

/** Entries with any content that a map can hold, and unique ids. */
const anyEntries: fc.Arbitrary<Json[]> = fc
  .uniqueArray(fc.tuple(fc.stringMatching(/^[a-z][a-z0-9]{0,3}$/), fc.jsonValue({ stringUnit: 'grapheme' })), {
    maxLength: 300,
    size: 'max',
    selector: ([id]) => id,
  })
  .map((pairs) =>
    pairs.map(([id, any]) => entry(id, { metadata: JSON.parse(JSON.stringify({ any }).replaceAll('__proto__', 'p')) })),
  );

function snapshotOf({ sent, commit }: Extract<LoadOutcome, { kind: 'loaded' }>, before = Snapshot.empty()): Snapshot {
  return before.next(sent, commit, { removed: commit.delta.removed, held: [] });
}

function loadedFrom({ outcome }: Run): Extract<LoadOutcome, { kind: 'loaded' }> {
  if (outcome.kind !== 'loaded') throw new Error(JSON.stringify(outcome));
  return outcome;
}

it('the main thread can build a map from the previous map and the chunks of changed entries', async () => {
  await fc.assert(
    fc.asyncProperty(anyEntries, anyEntries, fc.nat(300), delays, async (before, fresh, keptCount, steps) => {
      const kept = before.slice(0, keptCount);
      const keptIds = new Set(kept.map(({ id }) => id));
      const after = [...fresh.filter(({ id }) => !keptIds.has(id)), ...kept];
      const first = loadedFrom(
        await through(
          loadTask({ given: given(signed(mapOf(before, { generatedAt: new Date(NOW - 1_000).toISOString() }))) }),
          steps,
        ),
      );
      const snapshot = snapshotOf(first);
      const { digests, bodySha256, expiresAtMs } = first.commit;
      const task = loadTask({ given: given(signed(mapOf(after))), known: { bodySha256, digests, expiresAtMs } });
      const second = loadedFrom(await through(task, steps));
      const sent = [...second.sent.refs.keys()];
      expect(sent.filter((id) => keptIds.has(id))).toEqual([]);
      const entries = snapshotOf(second, snapshot).entries();
      expect(entries.map(({ id, metadata }) => ({ id, metadata }))).toEqual(
        after.map(({ id, metadata }) => ({ id, metadata })),
      );
    }),
    // Shrinking a failed pair of maps could take very long, so it is interrupted.
    { seed: 66, numRuns: 25, interruptAfterTimeLimit: 5_000 },
  );
});

it('a map arrives completely even if credits come in bursts, or late and all together', async () => {
  const bursts = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(counts, bursts, async (count, steps) => {
      const run = await through(taskOf(count), steps);
      expect(run.chunkSizes.slice(0, -1).every((size) => size === 64)).toBe(true);
      expect(snapshotOf(loadedFrom(run)).size).toBe(count);
      expect(run.mostAhead).toBeLessThanOrEqual(INITIAL_CREDITS);
    }),
    { seed: 67, numRuns: 30 },
  );
});

it.each([0, 1, 64, 200])(
  'a load of %d entries that is cancelled before it starts ends without a result',
  async (count) => {
    const { port1: main, port2: worker } = new MessageChannel();
    const kinds: string[] = [];
    main.on('message', (event: LoadEvent) => void kinds.push(event.kind));
    const stream = new CreditStream(worker, () => new Error('cancelled'));
    const aborted = once(stream.signal, 'abort');
    main.postMessage({ kind: 'cancel' });
    await aborted;
    const context = {
      thread: 'worker',
      fetch: () => Promise.reject(new Error('no network')),
      signal: stream.signal,
      proven: null,
    };
    try {
      for await (const event of runLoad(taskOf(count), context)) await stream.send(event);
    } catch {
      // The load fails here as in a worker. The worker would then send the failure, which this test leaves out.
    }
    for (let turn = 0; turn < 5; turn += 1) await nextTurn();
    main.close();
    expect(kinds).not.toContain('commit');
  },
);
