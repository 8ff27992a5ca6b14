import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Backlog } from '../../../../../src/main/gateway/http/mcp/backlog.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Creates a fake response with this many unsent bytes, because a real socket cannot be stalled reliably. */
function answer(writableLength: number): ServerResponse & { readonly socket: { bytesWritten: number } } {
  const response = Object.assign(new EventEmitter(), {
    writableLength,
    socket: { bytesWritten: 0 },
    destroy: () => response.emit('close'),
  });
  return response as unknown as ServerResponse & { readonly socket: { bytesWritten: number } };
}

it('a client that reads nothing for 30 s is disconnected, and its unread bytes count towards the limit until then', () => {
  const backlog = new Backlog();
  const [slow, stuck] = [answer(50 * 1024 * 1024), answer(20 * 1024 * 1024)];
  const gone: string[] = [];
  slow.once('close', () => gone.push('slow'));
  stuck.once('close', () => gone.push('stuck'));
  backlog.watch(slow, 'a');
  expect(backlog.isFull('a')).toBe(false);
  backlog.watch(stuck, 'a');
  expect(backlog.isFull('a')).toBe(true);
  slow.socket.bytesWritten = 10;
  vi.advanceTimersByTime(30_001);
  expect([gone, backlog.isFull('a')]).toEqual([['stuck'], false]);
  vi.advanceTimersByTime(30_000);
  expect(gone).toEqual(['stuck', 'slow']);
});

it('small responses do not count towards the limit of unread bytes', () => {
  const backlog = new Backlog();
  const small = answer(1_000);
  backlog.watch(small, 'a');
  expect(small.listenerCount('close')).toBe(0);
});

it('one caller may use only half of the limit of unread bytes, so other callers still get responses', () => {
  const backlog = new Backlog(0.5);
  backlog.watch(answer(40 * 1024 * 1024), 'a');
  expect([backlog.isFull('a'), backlog.isFull('b')]).toEqual([true, false]);
});

it('unread bytes of event streams count towards the limit, and a stream beyond the limit is refused', () => {
  const backlog = new Backlog();
  const streams = Array.from({ length: 20 }, () => backlog.stream('a'));
  const mebibytes = (count: number): number => count * 1024 * 1024;
  expect(streams.map((leave) => leave(mebibytes(4))).filter(Boolean)).toHaveLength(16);
  expect([streams[0]?.(mebibytes(5)), streams[19]?.(1_000)]).toEqual([false, true]);
  streams[1]?.(0);
  expect([streams[0]?.(mebibytes(4)), backlog.isFull('a')]).toEqual([true, false]);
});
