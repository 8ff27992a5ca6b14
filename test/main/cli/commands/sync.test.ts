import { describe, expect, it } from 'vitest';
import { failureIn } from '../../../../src/main/cli/commands/sync.ts';
import type { ManagerStatus } from '../../../../src/main/manager/manager-status.ts';

const error = { code: 'MAP_DNS', message: 'no such host' };
const connector = (id: string, state: string) => ({ id, state, why: 'it was told to', lastError: null, process: null });
const statusWith = (parts: object): ManagerStatus =>
  ({
    serviceMap: { url: 'https://maps.example.com/', freshness: 'fresh', lastError: null },
    ...{ config: null, registry: null, connectors: [connector('up', 'ready'), connector('off', 'disabled')] },
    ...parts,
  }) as unknown as ManagerStatus;

describe('failureIn', () => {
  it('failureIn() returns null for a fresh map whose enabled connectors are up', () => {
    expect(failureIn(statusWith({}))).toBeNull();
    expect(failureIn(statusWith({ connectors: [connector('slow', 'degraded')] }))).toBeNull();
  });

  it.each<[string, object, object]>([
    [
      'the error of a map that is not fresh',
      { serviceMap: { url: 'https://x/', freshness: 'stale', lastError: error } },
      error,
    ],
    [
      'MAP_EXPIRED for a map that is not fresh and has no error',
      { serviceMap: { url: 'https://x/', freshness: 'stale', lastError: null } },
      { code: 'MAP_EXPIRED' },
    ],
    [
      'the error of the configuration file',
      { config: { lastError: { ...error, code: 'CONFIG_INVALID' }, problems: [] } },
      { code: 'CONFIG_INVALID', message: 'no such host' },
    ],
    [
      'the first faulty entry of the configuration file, with its file and line',
      {
        config: {
          lastError: null,
          problems: [
            { severity: 'warning', source: 'a.json', line: 1, column: 1, message: 'odd' },
            { severity: 'error', source: 'a.json', line: 2, column: 3, message: 'wrong' },
          ],
        },
      },
      { code: 'CONFIG_INVALID', message: 'a.json:2:3 wrong' },
    ],
    [
      'the first problem of the registry',
      { registry: { lastError: null, problems: [{ code: 'SERVER_INVALID', message: 'no command' }] } },
      { code: 'SERVER_INVALID', message: 'no command' },
    ],
    [
      'CONNECTOR_UNAVAILABLE with the id of the only connector that is down',
      { connectors: [connector('up', 'ready'), connector('down', 'failed')] },
      { code: 'CONNECTOR_UNAVAILABLE', detail: { connectorId: 'down' } },
    ],
    [
      'one failure for several connectors that are down',
      { connectors: [connector('down', 'failed'), connector('locked', 'needs-login'), connector('b', 'backing-off')] },
      { code: 'CONNECTOR_UNAVAILABLE', message: expect.stringContaining('2 of 3 connectors are not up'), detail: {} },
    ],
    [
      'CONNECTOR_LOGIN_NEEDED if connectors only need a login',
      { connectors: [connector('up', 'ready'), connector('locked', 'needs-login')] },
      { code: 'CONNECTOR_LOGIN_NEEDED', remedy: expect.stringContaining('auth login locked') },
    ],
  ])('failureIn() returns %s', (_, parts, expected) => {
    expect(failureIn(statusWith(parts))).toMatchObject(expected);
  });
});
