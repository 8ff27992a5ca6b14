import { describe, expect, it, vi } from 'vitest';
import { firstAttempt } from '../../../src/main/fleet/first-attempt.ts';
import type { Fleet } from '../../../src/main/fleet/fleet.ts';

type Failure = { readonly code: string; readonly message: string } | null;

/** Creates a fleet whose connection the test controls. */
function scriptedFleet() {
  const listeners = new Set<readonly [string, () => void]>();
  const state = { isConnected: false, failure: null as Failure };
  const fleet = {
    status: () => state,
    on(kind: string, listener: () => void) {
      const entry = [kind, listener] as const;
      listeners.add(entry);
      return () => listeners.delete(entry);
    },
  };
  const emit = (kind: string): void => {
    for (const [heard, listener] of listeners) if (heard === kind) listener();
  };
  const becomes = (isConnected: boolean, code: string | null = null): void => {
    Object.assign(state, { isConnected, failure: code === null ? null : { code, message: 'scripted' } });
    emit('connection');
  };
  return { fleet: fleet as unknown as Fleet, becomes, emit, listeners };
}

/** Resolves with the time until `firstAttempt` resolves, in milliseconds of the fake clock. */
async function waited(
  fleet: Fleet,
  during: () => void = () => {},
  until: 'connection' | 'roster' = 'connection',
): Promise<number> {
  const startedMs = Date.now();
  const done = firstAttempt(fleet, 5_000, until).then(() => Date.now() - startedMs);
  setTimeout(during, 1_000);
  await vi.advanceTimersByTimeAsync(20_000);
  return done;
}

describe('firstAttempt()', () => {
  it('firstAttempt() resolves when the fleet connects or cannot start, 1.5 s after a failure, or at the time limit', async () => {
    vi.useFakeTimers();
    try {
      const connected = scriptedFleet();
      connected.becomes(true);
      expect(await waited(connected.fleet)).toBe(0);
      const late = scriptedFleet();
      expect(await waited(late.fleet, () => late.becomes(true))).toBe(1_000);
      const listed = scriptedFleet();
      listed.becomes(true);
      expect(await waited(listed.fleet, () => listed.emit('roster'), 'roster')).toBe(1_000);
      const failing = scriptedFleet();
      expect(await waited(failing.fleet, () => failing.becomes(false, 'FLEET_UNAVAILABLE'))).toBe(2_500);
      const failed = scriptedFleet();
      failed.becomes(false, 'FLEET_UNAVAILABLE');
      expect(await waited(failed.fleet)).toBe(1_500);
      const missing = scriptedFleet();
      expect(await waited(missing.fleet, () => missing.becomes(false, 'FLEET_CLIENT_MISSING'))).toBe(1_000);
      const silent = scriptedFleet();
      expect(await waited(silent.fleet)).toBe(5_000);
      for (const { listeners } of [connected, late, listed, failing, failed, missing, silent])
        expect(listeners.size).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});
