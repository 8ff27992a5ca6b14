import { expect, it } from 'vitest';
import { LoadPool } from '../../../src/main/service-map/loading/load-pool.ts';
import { nextTurn } from '../../../src/shared/clock.ts';
import { given, loadTask } from '../../helpers/load-task.ts';
import { mapNow, mapUnderTest } from '../../helpers/map-under-test.ts';
import { entry, mapOf, signed } from '../../helpers/signed-map.ts';

it.each([1, 100, 2_000])(
  'a load of %d entries that is cancelled while it runs fails, and returns no map',
  async (count) => {
    const body = signed(mapOf(Array.from({ length: count }, (_, index) => entry(`c${index}`))));
    const pool = new LoadPool();
    try {
      const task = () => loadTask({ given: given(body.slice()) });
      await pool.run(task(), { signal: new AbortController().signal, deadlineMs: 5_000 });
      const controller = new AbortController();
      const running = pool.run(task(), { signal: controller.signal, deadlineMs: 5_000 });
      controller.abort(new Error('cancelled'));
      expect((await running).kind).toBe('failed');
    } finally {
      await pool.close();
    }
  },
);

it.each(['always', 'never'] as const)(
  'no map is used after close() was called, however far the load has come (offload: %s)',
  async (offload) => {
    for (let turns = 0; turns <= 8; turns += 1) {
      const told: string[] = [];
      let closing = Promise.resolve();
      const fetchImpl = (async () => {
        // The whole body arrives in one piece, so that only verification is left to do when close() is called.
        closing = closeAfter(turns);
        return new Response(mapNow());
      }) as typeof fetch;
      await using held = mapUnderTest('http://map.invalid/', { fetchImpl, offload, timeoutMs: 3_000 });
      const closeAfter = async (count: number): Promise<void> => {
        for (let turn = 0; turn < count; turn += 1) await nextTurn();
        told.push('closed');
        await held.manager.close();
      };
      held.manager.on('snapshot', () => void told.push('snapshot'));
      await held.manager.sync().catch(() => {});
      await closing;
      expect(told.at(-1), `closed after ${turns} turns`).toBe('closed');
    }
  },
);
