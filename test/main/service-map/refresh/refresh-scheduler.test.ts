import { describe, expect, it } from 'vitest';
import { RefreshScheduler } from '../../../../src/main/service-map/refresh/refresh-scheduler.ts';
import { recordingLogger } from '../../../helpers/log.ts';

/** Timers that fire on demand. */
function manualTimers(): {
  delays: number[];
  fire: () => void;
  pending: () => number;
  startTimer: (ms: number, callback: () => void) => { cancel(): void };
} {
  const delays: number[] = [];
  let waiting: (() => void)[] = [];
  return {
    delays,
    pending: () => waiting.length,
    fire: () => {
      const due = waiting;
      waiting = [];
      for (const callback of due) callback();
    },
    startTimer: (ms, callback) => {
      delays.push(ms);
      waiting.push(callback);
      return {
        cancel: () => {
          waiting = waiting.filter((it) => it !== callback);
        },
      };
    },
  };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('RefreshScheduler', () => {
  it.each([
    [0, 800],
    [0.5, 1_000],
    [0.999_999, 1_200],
  ])('with a random value of %s, RefreshScheduler waits %s ms if the interval is 1 000 ms', (chance, expected) => {
    const timers = manualTimers();
    const scheduler = new RefreshScheduler({
      intervalMs: 1_000,
      onRefresh: () => {},
      logger: recordingLogger(),
      random: { next: () => chance },
      startTimer: timers.startTimer,
    });
    scheduler.start();
    scheduler.start();
    expect(timers.delays.map(Math.round)).toEqual([expected]);
    scheduler.stop();
  });

  it('RefreshScheduler waits at least 100 ms before a refresh', () => {
    const timers = manualTimers();
    new RefreshScheduler({
      intervalMs: 1,
      onRefresh: () => {},
      logger: recordingLogger(),
      startTimer: timers.startTimer,
    }).start();
    expect(timers.delays).toEqual([100]);
  });

  it('RefreshScheduler continues after a refresh that fails, and logs the error', async () => {
    const timers = manualTimers();
    const logger = recordingLogger();
    let refreshes = 0;
    const onRefresh = async (): Promise<void> => {
      refreshes += 1;
      throw new Error('no map');
    };
    const scheduler = new RefreshScheduler({ intervalMs: 1_000, onRefresh, logger, startTimer: timers.startTimer });
    scheduler.start();
    timers.fire();
    await settle();
    timers.fire();
    await settle();
    expect([refreshes, timers.pending()]).toEqual([2, 1]);
    expect(logger.lines[0]).toMatchObject({ level: 'warn', fields: { event: 'refresh-failed' } });
    scheduler.stop();
    expect(timers.pending()).toBe(0);
  });

  it('a forced refresh of RefreshScheduler joins the refresh in progress, and the next refresh is scheduled once', async () => {
    const timers = manualTimers();
    const gate = Promise.withResolvers<void>();
    let refreshes = 0;
    const onRefresh = (): Promise<void> => {
      refreshes += 1;
      return gate.promise;
    };
    const scheduler = new RefreshScheduler({
      intervalMs: 1_000,
      onRefresh,
      logger: recordingLogger(),
      startTimer: timers.startTimer,
    });
    scheduler.start();
    const both = Promise.all([scheduler.forceRefresh(), scheduler.forceRefresh()]);
    gate.resolve();
    await both;
    await settle();
    expect([refreshes, timers.pending()]).toEqual([1, 1]);
    scheduler.stop();
  });

  it('RefreshScheduler schedules no refresh after it was stopped, even if a refresh was in progress', async () => {
    const timers = manualTimers();
    const scheduler = new RefreshScheduler({
      intervalMs: 1_000,
      onRefresh: () => {},
      logger: recordingLogger(),
      startTimer: timers.startTimer,
    });
    scheduler.start();
    const refreshed = scheduler.forceRefresh();
    scheduler.stop();
    await refreshed;
    expect(timers.pending()).toBe(0);
  });

  it('RefreshScheduler refreshes a map well before it expires, and retries soon if this refresh fails', async () => {
    const timers = manualTimers();
    let elapsedMs = 0;
    let isUp = true;
    const onRefresh = async (): Promise<void> => {
      if (isUp) scheduler.holdsFor(10_000);
      else throw new Error('down');
    };
    const scheduler: RefreshScheduler = new RefreshScheduler({
      ...{ intervalMs: 300_000, onRefresh, logger: recordingLogger(), startTimer: timers.startTimer },
      random: { next: () => 0.5 },
      elapsedMs: () => elapsedMs,
      isSpread: true,
    });
    scheduler.start();
    scheduler.holdsFor(10_000);
    // A validity that is longer than the interval does not change the schedule.
    scheduler.holdsFor(1e9);
    expect(timers.delays).toEqual([150_000, 6_500]);
    timers.fire();
    await settle();
    isUp = false;
    elapsedMs = 6_500;
    timers.fire();
    await settle();
    elapsedMs = 11_000;
    timers.fire();
    await settle();
    expect([timers.pending(), ...timers.delays.slice(2)]).toEqual([1, 6_500, 2_275, 30_000]);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('RefreshScheduler rejects an interval of %s', (intervalMs) => {
    const create = (): RefreshScheduler =>
      new RefreshScheduler({ intervalMs, onRefresh: () => {}, logger: recordingLogger() });
    expect(create).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }));
  });
});
