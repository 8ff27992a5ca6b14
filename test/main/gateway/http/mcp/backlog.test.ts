import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Backlog } from '../../../../../src/main/gateway/http/mcp/backlog.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** An answer of which so much has not gone out yet: no real socket stands still on demand. */
function answer(writableLength: number): ServerResponse & { readonly socket: { bytesWritten: number } } {
  const response = Object.assign(new EventEmitter(), {
    writableLength,
    socket: { bytesWritten: 0 },
    destroy: () => response.emit('close'),
  });
  return response as unknown as ServerResponse & { readonly socket: { bytesWritten: number } };
}

it('lets a client go that takes nothing for half a minute, and counts what lies here until then', () => {
  const backlog = new Backlog();
  const [slow, stuck] = [answer(100 * 1024 * 1024), answer(40 * 1024 * 1024)];
  const gone: string[] = [];
  slow.once('close', () => gone.push('slow'));
  stuck.once('close', () => gone.push('stuck'));
  backlog.watch(slow);
  expect(backlog.isFull).toBe(false);
  backlog.watch(stuck);
  expect(backlog.isFull).toBe(true);
  slow.socket.bytesWritten = 10;
  vi.advanceTimersByTime(30_001);
  expect([gone, backlog.isFull]).toEqual([['stuck'], false]);
  vi.advanceTimersByTime(30_000);
  expect(gone).toEqual(['stuck', 'slow']);
});

it('leaves small answers alone', () => {
  const backlog = new Backlog();
  const small = answer(1_000);
  backlog.watch(small);
  expect(small.listenerCount('close')).toBe(0);
});
