import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RelistSpread } from '../../../../../src/main/state-dir/fleet/tools/relist-spread.ts';

function setUp(hostCount = 1, chance = 0.5) {
  const relisted: string[] = [];
  const spread = new RelistSpread({
    random: { next: () => chance },
    hostCount: () => hostCount,
    relist: (connectorId) => void relisted.push(connectorId),
  });
  return { spread, relisted };
}

describe('RelistSpread', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('if another host reports changed tools, a host lists the tools again after a delay that grows with the fleet', () => {
    const { spread, relisted } = setUp(100);
    expect([setUp(1).spread.spreadMs(), spread.spreadMs(), setUp(1e6).spread.spreadMs()]).toEqual([200, 2_000, 10_000]);
    spread.heard('mail', 'a');
    vi.advanceTimersByTime(999);
    expect(relisted).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(relisted).toEqual(['mail']);
  });

  it("a host lists a connector's tools at most once for each digest, even if two digests alternate", () => {
    const { spread, relisted } = setUp();
    for (let round = 0; round < 100; round += 1) {
      spread.heard('mail', round % 2 === 0 ? 'a' : 'b');
      vi.advanceTimersByTime(100);
    }
    expect(relisted.length).toBeLessThanOrEqual(2);
  });

  it("a host lists a connector's tools only once if several changes are reported within the delay", () => {
    const { spread, relisted } = setUp();
    for (const digest of ['a', 'b', 'c']) spread.heard('mail', digest);
    vi.advanceTimersByTime(200);
    expect(relisted).toEqual(['mail']);
  });

  it('a host lists no tools again after the fleet connection was closed', () => {
    const { spread, relisted } = setUp();
    spread.heard('mail', 'a');
    spread.close();
    vi.advanceTimersByTime(1_000);
    expect(relisted).toEqual([]);
  });
});
