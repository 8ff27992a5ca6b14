import { describe, expect, it } from 'vitest';
import { loginTable, relativeTime } from '../../../../../src/main/cli/commands/auth/status.ts';
import type { LoginSummary } from '../../../../../src/main/connectors/credentials/logins/login-service.ts';

const NOW = Date.UTC(2026, 10, 29);
const LOGIN = {
  connectorId: 'crm',
  state: 'logged-in',
  issuer: 'https://issuer.example',
  clientId: 'client',
  scope: 'tools',
  missingScope: null,
  expiresAt: NOW + 3_000_000,
  isRefreshable: true,
  reason: null,
} as const satisfies LoginSummary;

function rowOf(more: Partial<LoginSummary>): string {
  return loginTable([{ ...LOGIN, ...more }], NOW).split('\n')[2] ?? '';
}

describe('formatted instant', () => {
  it.each([
    [0, 'in 0 s'],
    [59_999, 'in 59 s'],
    [60_000, 'in 1 min'],
    [3_599_999, 'in 59 min'],
    [7_200_000, 'in 2 h'],
    [172_800_000, 'in 2 d'],
    [-1, '0 s ago'],
    [-90_000, '1 min ago'],
  ])('a time that is %i ms from now is shown as "%s"', (distanceMs, text) => {
    expect(relativeTime(NOW + distanceMs, NOW)).toBe(text);
  });
});

describe('login table', () => {
  it('the login table shows the issuer, the scopes, the expiry and what happens after the expiry', () => {
    expect(loginTable([LOGIN], NOW)).toBe(
      '  connector  state      issuer                  scopes  expires    then\n' +
        '  ─────────  ─────────  ──────────────────────  ──────  ─────────  ─────────────────────\n' +
        '  crm        logged in  https://issuer.example  tools   in 50 min  renewed automatically\n',
    );
  });

  it('the login table shows "not known" for an unknown expiry, and "log in again" if there is no refresh token', () => {
    expect(rowOf({ isRefreshable: false, expiresAt: null })).toMatch(/not known {2}log in again$/);
  });

  it.each(['none', 'lost'] as const)('the login table shows no expiry if the state of a login is "%s"', (state) => {
    expect(rowOf({ state, scope: null, expiresAt: null })).toMatch(/issuer\.example$/);
  });

  it('the login table shows no terminal control characters', () => {
    expect(rowOf({ scope: '\u001b[31mred\u202e' })).not.toMatch(/\p{Cc}|\p{Cf}/u);
  });
});
