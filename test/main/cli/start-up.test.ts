import { describe, expect, it } from 'vitest';
import { loginLine, notUpLine } from '../../../src/main/cli/start-up.ts';
import { startingLine } from '../../../src/main/cli/terminal/tell-starting.ts';
import type { ConnectorStatus } from '../../../src/main/connectors/connector-status.ts';

function statusOf(id: string, state: ConnectorStatus['state'], more: Partial<ConnectorStatus> = {}): ConnectorStatus {
  const nothing = { era: null, transport: null, toolCount: 0, droppedTools: [], handshakeMs: null };
  return { id, name: id, state, since: 0, why: 'enabled', process: null, lastError: null, ...nothing, ...more };
}

const program = { pid: 1, stderr: 'first\nlast\n' };

describe('startup summary of connectors that are not up', () => {
  it('the startup summary is empty if all enabled connectors are up', () => {
    expect(notUpLine([statusOf('a', 'ready'), statusOf('b', 'degraded'), statusOf('c', 'disabled')])).toBeNull();
  });

  it('the startup summary names each connector that is not up, with its state and reason', () => {
    const lastError = { code: 'CONNECTOR_CONNECT_FAILED', message: 'It ended' };
    const down = [statusOf('a', 'backing-off', { lastError }), statusOf('b', 'connecting', { process: program })];
    expect(notUpLine([...down, statusOf('c', 'ready')])).toBe(
      '2 of 3 connectors are not up: a (backing-off: It ended), b (connecting: enabled; its last line: last)',
    );
  });

  it('the startup summary leaves out connectors that need a login, because another line explains how to log in', () => {
    const [linear, notion] = [statusOf('linear', 'needs-login'), statusOf('my notion', 'needs-login')];
    expect(notUpLine([linear, statusOf('a', 'ready')])).toBeNull();
    expect(notUpLine([linear, statusOf('a', 'failed')])).toBe('1 of 2 connectors is not up: a (failed: enabled)');
    expect(loginLine([linear, statusOf('a', 'failed')])).toMatch(/^1 connector wants a login: .+ auth login linear$/);
    expect(loginLine([notion])).toMatch(/auth login 'my notion'$/);
    expect(loginLine([linear, notion])).toMatch(/^2 connectors want a login: .+ auth login$/);
    expect(loginLine([statusOf('a', 'failed'), statusOf('b', 'disabled')])).toBeNull();
  });

  it('the startup summary shows the last stderr line of a stdio server that is still starting', () => {
    expect(startingLine(statusOf('a', 'connecting', { process: program }), 8_100)).toBe('  a: starting for 8 s: last');
    expect(startingLine(statusOf('a', 'connecting'), 3_000)).toBe('  a: starting for 3 s');
  });
});
