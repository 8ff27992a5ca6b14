import { describe, expect, it } from 'vitest';
import { type DemoReport, demoFailure } from '../../../../src/main/cli/demo/demo-report.ts';

const good = {
  connectors: [{ state: 'ready' }],
  calls: [{ ok: true }],
  visits: [{ tools: 3, answer: '42' }],
  loads: [{ thread: 'main' }, { thread: 'worker-1' }],
} as unknown as DemoReport;

describe('demoFailure', () => {
  it('demoFailure() returns null if all connectors are up, all calls succeeded, and a worker thread loaded a map', () => {
    expect(demoFailure(good)).toBeNull();
  });

  it.each([
    ['a connector is down', { connectors: [{ id: 'one', state: 'failed' }] }, 'CONNECTOR_UNAVAILABLE'],
    ['a call failed', { calls: [{ tool: 'one.echo', ok: false, answer: 'it broke' }] }, 'TOOL_FAILED'],
    ['a client of the gateway saw no tools', { visits: [{ tools: 0, answer: '42' }] }, 'CHECK_FAILED'],
    ['every load was on the main thread', { loads: [{ thread: 'main' }] }, 'CHECK_FAILED'],
  ])('demoFailure() returns the failure if %s', (_, change, code) => {
    expect(demoFailure({ ...good, ...change } as unknown as DemoReport)).toMatchObject({ code });
  });
});
