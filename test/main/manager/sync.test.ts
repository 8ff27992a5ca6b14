import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ConnectorSet } from '../../../src/main/connectors/connector-set.ts';
import { createSync, FirstSync, QuietStart } from '../../../src/main/manager/sync.ts';
import type { ConnectorSources } from '../../../src/main/sources/connector-sources.ts';
import { forgetfulMapMemory } from '../../../src/main/state-dir/map-memory.ts';
import { SwitchyardError } from '../../../src/shared/errors.ts';

function setUp({ settled = Promise.resolve(), sync = async (): Promise<void> => {} } = {}) {
  const steps: string[] = [];
  const closing = new AbortController();
  const run = createSync({
    sources: {
      sync: (force: boolean, deadlineMs: number) => {
        steps.push(`sources ${force} ${deadlineMs}`);
        return sync();
      },
    } as unknown as ConnectorSources,
    connectors: {
      refresh: () => void steps.push('refresh'),
      settled: () => {
        steps.push('settled');
        return settled;
      },
    } as unknown as ConnectorSet,
    maps: forgetfulMapMemory,
    syncDeadlineMs: 20,
    closed: closing.signal,
  });
  return { run, steps, close: () => closing.abort(new SwitchyardError('CLOSED', 'closed')) };
}

describe('createSync', () => {
  it('a sync of the manager reads the sources first and then waits for their connectors', async () => {
    const { run, steps } = setUp();
    await run(false);
    expect(steps).toEqual(['sources false 20', 'settled']);
  });

  it('a forced sync of the manager retries connectors that are down', async () => {
    const { run, steps } = setUp();
    await run(true);
    expect(steps).toEqual(['sources true 20', 'refresh', 'settled']);
  });

  it('a sync of the manager waits for connectors at most until the deadline', async () => {
    await setUp({ settled: new Promise(() => {}) }).run(false);
  });

  it('a sync of the manager fails if the sources cannot be read, and then retries no connectors', async () => {
    const { run, steps } = setUp({ sync: () => Promise.reject(new Error('no map')) });
    await expect(run(true)).rejects.toThrow('no map');
    expect(steps).toEqual(['sources true 20']);
  });

  it('a sync of the manager fails when the manager closes, even while the sync waits', async () => {
    const { run, steps, close } = setUp({ sync: () => new Promise(() => {}) });
    const running = run(false);
    close();
    await expect(running).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(run(false)).rejects.toMatchObject({ code: 'CLOSED' });
    expect(steps.length).toBeLessThan(2);
  });
});

describe('FirstSync', () => {
  it('FirstSync syncs once for all callers, and resolves with an error instead of rejecting', async () => {
    let count = 0;
    const failure = new Error('no map');
    const sync = () => {
      count += 1;
      return Promise.reject(failure);
    };
    const first = new FirstSync({ sync, remembered: () => new Promise(() => {}), quiet: new QuietStart() });
    expect(await Promise.all([first.run(), first.run()])).toEqual([failure, failure]);
    await first.remembered();
    expect(count).toBe(1);
  });

  it('FirstSync.remembered() resolves when the stored data is restored, even before the first sync ends', async () => {
    const sync = vi.fn(() => new Promise<void>(() => {}));
    const first = new FirstSync({ sync, remembered: () => Promise.resolve(), quiet: new QuietStart() });
    await first.remembered();
    expect(sync).toHaveBeenCalledOnce();
  });
});

describe('QuietStart', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** Returns whether `promise` has settled after all pending microtasks. */
  async function isOver(promise: Promise<void>): Promise<boolean> {
    let isSettled = false;
    void promise.then(() => {
      isSettled = true;
    });
    await vi.advanceTimersByTimeAsync(0);
    return isSettled;
  }

  it('QuietStart does not postpone background work before the first call', async () => {
    expect(await isOver(new QuietStart().rest())).toBe(true);
  });

  it('QuietStart postpones background work only once, for 100 ms after the first call', async () => {
    const quiet = new QuietStart();
    quiet.begin();
    const rest = quiet.rest();
    await vi.advanceTimersByTimeAsync(99);
    expect(await isOver(rest)).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await isOver(rest)).toBe(true);
    expect(await isOver(quiet.rest())).toBe(true);
  });

  it('QuietStart stops postponing background work when the host itself waits for the map', async () => {
    const quiet = new QuietStart();
    quiet.begin();
    const rest = quiet.rest();
    quiet.hurry();
    expect(await isOver(rest)).toBe(true);
  });

  it('QuietStart starts to postpone background work with the first sync', async () => {
    const quiet = new QuietStart();
    const first = new FirstSync({ sync: () => new Promise(() => {}), remembered: () => Promise.resolve(), quiet });
    void first.run();
    expect(await isOver(quiet.rest())).toBe(false);
  });
});
