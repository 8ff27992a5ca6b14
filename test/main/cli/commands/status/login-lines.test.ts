import { describe, expect, it } from 'vitest';
import { loginLines } from '../../../../../src/main/cli/commands/status/login-lines.ts';
import type { ListedConnector } from '../../../../../src/main/index.ts';
import { listed } from '../../../../helpers/scripted-status.ts';
import { NOW } from '../../../../helpers/signed-map.ts';

type Login = NonNullable<ListedConnector['login']>;

const login = (connectorId: string, more: Partial<Login> = {}): Login => ({
  ...{
    connectorId,
    state: 'logged-in',
    issuer: 'https://issuer.example',
    clientId: 'c',
    scope: null,
    missingScope: null,
  },
  ...{ expiresAt: NOW, isRefreshable: true, reason: null, ...more },
});

describe('loginLines', () => {
  it('loginLines() returns nothing if no enabled connector has or needs a login', () => {
    expect(loginLines([listed('a'), listed('b', 'disabled', { login: login('b') })])).toEqual([]);
  });

  it('loginLines() counts the logins, and names the logins that expire and cannot be refreshed', () => {
    const connectors = [
      listed('a', 'ready', { login: login('a') }),
      listed('b', 'ready', { login: login('b', { isRefreshable: false }) }),
      listed('c', 'ready', { login: login('c', { isRefreshable: false, expiresAt: null }) }),
      listed('d', 'needs-login', { login: login('d', { state: 'none', expiresAt: null, isRefreshable: false }) }),
    ];
    expect(loginLines(connectors)).toEqual([
      '3 of 4 logged in',
      `b is logged in until ${new Date(NOW).toISOString()}, and cannot be refreshed`,
    ]);
  });
});
