import { expect, it } from 'vitest';
import { OriginQueue, type Progress, type SideRequest } from '../../../src/main/http/origin-queue.ts';

/** Creates a queue for a TLS origin, and records the names of the requests that the queue sends. */
function setUp() {
  const queue = new OriginQueue(true, () => 4);
  const sent: string[] = [];
  const progress = new Map<string, Progress>();
  const dropped: string[] = [];
  const add = (name: string, side: SideRequest | null = null): void =>
    queue.add({
      side,
      send(it) {
        sent.push(name);
        progress.set(name, it);
      },
      drop: () => dropped.push(name),
    });
  return { add, sent, dropped, progress, queue };
}

it('a request that accompanies a main request is sent after the main request, even if it was queued first', () => {
  const { add, sent, progress } = setUp();
  const side = { isGivenUp: false, isSent: false };
  add('list', side);
  expect(sent).toEqual([]);
  add('discover');
  expect(sent).toEqual(['discover']);
  progress.get('discover')?.started();
  // The main request has an open connection, so the side request may open a second one.
  expect(sent).toEqual(['discover', 'list']);
});

it('a request that accompanies a main request is dropped if the main request is never sent', async () => {
  const { add, sent, dropped } = setUp();
  add('list', { isGivenUp: false, isSent: false });
  await expect.poll(() => dropped, { timeout: 3_000 }).toEqual(['list']);
  expect(sent).toEqual([]);
});
