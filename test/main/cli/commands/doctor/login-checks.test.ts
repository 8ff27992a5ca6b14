import { describe, expect, it } from 'vitest';
import { checkLogins } from '../../../../../src/main/cli/commands/doctor/login-checks.ts';
import type { ListedConnector } from '../../../../../src/main/index.ts';
import { listed } from '../../../../helpers/scripted-status.ts';
import { NOW } from '../../../../helpers/signed-map.ts';

type Login = NonNullable<ListedConnector['login']>;

const login = (more: Partial<Login> = {}): Login => ({
  ...{ connectorId: 'linear', state: 'logged-in', issuer: 'https://issuer.example', clientId: 'c', scope: null },
  ...{ missingScope: null, expiresAt: null, isRefreshable: false, reason: null, ...more },
});

describe('checkLogins', () => {
  it('checkLogins() reports a failure for a connector that needs a login, with its issuer and the login command', () => {
    const message = 'Connector linear wants a login at https://issuer.example: run `mcp-switchyard auth login linear`.';
    const lastError = { code: 'CONNECTOR_LOGIN_NEEDED', message };
    const [finding, ...others] = checkLogins([listed('linear', 'needs-login', { lastError }), listed('b')]);
    expect(finding).toMatchObject({ check: 'login', outcome: 'failed' });
    expect(finding?.message).toMatch(/^linear: .* at https:\/\/issuer\.example: run `.*auth login linear`\.$/);
    expect(others).toEqual([]);
  });

  it('checkLogins() reports why a login was lost', () => {
    const lost = login({ state: 'lost', reason: 'The issuer refused to refresh it (invalid_grant).' });
    const [finding] = checkLogins([listed('linear', 'needs-login', { login: lost })]);
    expect(finding?.message).toContain('It was logged in before: The issuer refused to refresh it (invalid_grant).');
  });

  it('checkLogins() reports a note about a login that expires at a known time and cannot be refreshed', () => {
    const [finding] = checkLogins([listed('linear', 'ready', { login: login({ expiresAt: NOW }) })]);
    expect(finding).toMatchObject({
      outcome: 'note',
      message: expect.stringContaining(`until ${new Date(NOW).toISOString()}; it cannot be refreshed`),
    });
    expect(finding?.message).toContain('auth login linear');
  });

  it.each([
    ['is refreshed', login({ expiresAt: NOW, isRefreshable: true }), 'refreshed automatically'],
    ['has no known expiry', login(), 'not known when the login ends'],
  ])('checkLogins() reports no problem with a login that %s', (_, present, words) => {
    expect(checkLogins([listed('linear', 'ready', { login: present })])).toMatchObject([
      { outcome: 'ok', message: expect.stringContaining(words) },
    ]);
  });

  it('checkLogins() reports nothing for connectors that are disabled or work without a login', () => {
    const without = login({ state: 'none' });
    expect(
      checkLogins([listed('a', 'disabled', { login: login() }), listed('b', 'ready', { login: without })]),
    ).toEqual([]);
  });
});
