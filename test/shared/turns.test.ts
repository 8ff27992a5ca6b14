import { expect, it } from 'vitest';
import { monotonicMs } from '../../src/shared/clock.ts';
import { turns } from '../../src/shared/turns.ts';

function work(ms: number): void {
  const endMs = monotonicMs() + ms;
  while (monotonicMs() < endMs);
}

it('turns.isOver is true after 25 ms of work in one turn of the event loop, and false in the next turn', async () => {
  await new Promise((resolve) => setImmediate(resolve));
  expect(turns.isOver).toBe(false);
  work(30);
  expect(turns.isOver).toBe(true);
  await new Promise((resolve) => setImmediate(resolve));
  expect(turns.isOver).toBe(false);
});

it('turns.later() runs waiting callbacks in order, and several of them in one turn of the event loop', async () => {
  const done: number[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  for (let index = 0; index < 6; index += 1)
    turns.later(() => {
      work(15);
      done.push(index);
      if (index === 5) resolve();
    });
  let most = 0;
  let before = 0;
  const watch = (): void => {
    most = Math.max(most, done.length - before);
    before = done.length;
    if (done.length < 6) setTimeout(watch);
  };
  watch();
  await promise;
  expect(done).toEqual([0, 1, 2, 3, 4, 5]);
  expect(most).toBeLessThanOrEqual(4);
});
