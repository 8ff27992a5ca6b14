import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EraMemory } from '../../../../src/main/connectors/connection/era-memory.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
  // An entry that is added at time 0 would never expire in the cache. The clock of a real process is never at 0.
  vi.advanceTimersByTime(1);
});
afterEach(() => void vi.useRealTimers());

describe('EraMemory', () => {
  it('EraMemory remembers for ten minutes that an endpoint speaks the legacy protocol', () => {
    const memory = new EraMemory();
    memory.noteLegacy('http://one/');
    vi.advanceTimersByTime(599_999);
    expect([memory.isLegacy('http://one/'), memory.isLegacy('http://other/')]).toEqual([true, false]);
    vi.advanceTimersByTime(2);
    expect(memory.isLegacy('http://one/')).toBe(false);
  });

  it('EraMemory forgets an endpoint that turned out not to be legacy', () => {
    const memory = new EraMemory();
    memory.noteLegacy('http://one/');
    memory.forget('http://one/');
    expect(memory.isLegacy('http://one/')).toBe(false);
  });

  it('EraMemory remembers at most 100 000 endpoints, and forgets the least recently used endpoint first', () => {
    const memory = new EraMemory();
    for (let index = 0; index < 100_000; index += 1) memory.noteLegacy(`http://${index}/`);
    expect(memory.isLegacy('http://0/')).toBe(true);
    memory.noteLegacy('http://one-more/');
    expect([memory.isLegacy('http://0/'), memory.isLegacy('http://1/')]).toEqual([true, false]);
  });
});
