import { describe, expect, it } from 'vitest';
import { hostLoginError } from '../../../../src/main/connectors/credentials/host-login-error.ts';
import { type Fate, fateOf, isConnectionLost } from '../../../../src/main/connectors/live/fate.ts';
import type { ErrorCode } from '../../../../src/shared/error-codes.ts';
import { SwitchyardError } from '../../../../src/shared/errors.ts';

describe('fateOf', () => {
  it.each<[ErrorCode, Fate]>([
    ['CONNECTOR_LOGIN_NEEDED', 'needs-login'],
    ['LOGIN_UNSUPPORTED', 'failed'],
    ['LOGIN_METADATA_INVALID', 'failed'],
    ['LOGIN_CLIENT_UNKNOWN', 'failed'],
    ['LOGIN_SECRET_MISSING', 'failed'],
    ['CONNECTOR_REFUSED', 'failed'],
    ['CONNECTOR_CONNECT_FAILED', 'backing-off'],
    ['LOGIN_FAILED', 'backing-off'],
  ])('after the error %s, the next state of a connector is %s', (code, fate) => {
    expect(fateOf(new SwitchyardError(code, 'why'))).toBe(fate);
  });

  it('a connector fails permanently after a person declined its login, so that the person is not asked again', () => {
    const target = { connectorId: 'crm', url: new URL('https://crm.example/mcp') };
    const denied = new SwitchyardError('LOGIN_FAILED', 'The redirect after the login contains no code.');
    expect(fateOf(hostLoginError(denied, target, true))).toBe('failed');
    expect(fateOf(hostLoginError(new Error('ECONNREFUSED'), target, false))).toBe('backing-off');
  });

  it('isConnectionLost() is true for a required login, and false for a timeout', () => {
    expect([isConnectionLost('CONNECTOR_LOGIN_NEEDED'), isConnectionLost('CONNECTOR_TIMEOUT')]).toEqual([true, false]);
  });
});
