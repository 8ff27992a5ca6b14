import { describe, expect, it } from 'vitest';
import { CrashGuard } from '../../../../src/main/service-map/loading/crash-guard.ts';

describe('CrashGuard', () => {
  it('CrashGuard stops restarts at the fifth crash within a minute, until one minute after the oldest crash', () => {
    let nowMs = 0;
    const guard = new CrashGuard(() => nowMs);
    for (let lost = 0; lost < 4; lost += 1) guard.note();
    expect(guard.isTripped).toBe(false);
    nowMs = 59_999;
    guard.note();
    expect(guard.isTripped).toBe(true);
    nowMs = 60_000;
    expect(guard.isTripped).toBe(false);
  });

  it('CrashGuard stops no restarts while fewer than five crashes happen within a minute', () => {
    let nowMs = 0;
    const guard = new CrashGuard(() => nowMs);
    for (let lost = 0; lost < 20; lost += 1, nowMs += 15_000) {
      guard.note();
      expect(guard.isTripped).toBe(false);
    }
  });
});
