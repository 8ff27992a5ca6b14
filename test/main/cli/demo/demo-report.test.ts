import { describe, expect, it } from 'vitest';
import { type DemoReport, wentWell } from '../../../../src/main/cli/demo/demo-report.ts';

const good = {
  connectors: [{ state: 'ready' }],
  calls: [{ ok: true }],
  visits: [{ tools: 3, answer: '42' }],
  loads: [{ thread: 'main' }, { thread: 'worker-1' }],
} as unknown as DemoReport;

describe('wentWell', () => {
  it('returns true if all connectors are up, all calls succeeded, and loads used a worker thread', () => {
    expect(wentWell(good)).toBe(true);
  });

  it.each([
    ['a connector is down', { connectors: [{ state: 'failed' }] }],
    ['a call failed', { calls: [{ ok: false }] }],
    ['a client of the gateway saw no tools', { visits: [{ tools: 0, answer: '42' }] }],
    ['every load was on the main thread', { loads: [{ thread: 'main' }] }],
  ])('returns false if %s', (_, change) => {
    expect(wentWell({ ...good, ...change } as unknown as DemoReport)).toBe(false);
  });
});
