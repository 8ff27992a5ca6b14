import { describe, expect, it, vi } from 'vitest';
import type { OpenRoute } from '../../../../src/main/connectors/calls/call-route.ts';
import { renewSession } from '../../../../src/main/connectors/calls/renew-session.ts';
import { SwitchyardError } from '../../../../src/shared/errors.ts';
import { scriptedConnection } from '../../../helpers/scripted-connection.ts';

function routeUnderTest() {
  const open: OpenRoute = {
    connection: scriptedConnection(),
    life: new AbortController().signal,
    enter: () => {},
    leave: () => {},
  };
  const route = { reach: async () => open, lose: vi.fn(), renewCredentials: vi.fn() };
  const renew = (error: unknown, isSafe = false): boolean => renewSession(error, open, route, isSafe);
  return { open, route, renew };
}

describe('renewSession', () => {
  it('renewSession() drops the connection and allows a retry if the call was not sent', () => {
    const { open, route, renew } = routeUnderTest();
    const error = new SwitchyardError('TOOL_CALL_LOST', 'it answered 404', { detail: { sent: 'no' } });
    expect(renew(error)).toBe(true);
    expect(route.lose).toHaveBeenCalledExactlyOnceWith(open, error);
  });

  it('renewSession() drops the connection and allows no retry if the tool may have run', () => {
    const { route, renew } = routeUnderTest();
    const error = new SwitchyardError('TOOL_CALL_LOST', 'the socket broke', { detail: { sent: 'maybe' } });
    expect(renew(error)).toBe(false);
    expect(route.lose).toHaveBeenCalledOnce();
  });

  it('renewSession() drops the connection if the server reports a lost session, and allows a retry only of reads', () => {
    const { route, renew } = routeUnderTest();
    const detail = { sent: 'maybe', session: 'lost' };
    const error = new SwitchyardError('TOOL_CALL_REJECTED', 'Session not found', { detail });
    expect([renew(error), renew(error, true)]).toEqual([false, true]);
    expect(route.lose).toHaveBeenCalledTimes(2);
    const broken = new SwitchyardError('TOOL_CALL_LOST', 'the socket broke', { detail: { sent: 'maybe' } });
    expect(renew(broken, true)).toBe(false);
  });

  it('renewSession() reconnects with current credentials after a 401, but not after a 403', () => {
    const { open, route, renew } = routeUnderTest();
    expect(renew(new SwitchyardError('CONNECTOR_REFUSED', 'no', { detail: { status: 403 } }))).toBe(false);
    expect(route.renewCredentials).not.toHaveBeenCalled();
    expect(renew(new SwitchyardError('CONNECTOR_REFUSED', 'no', { detail: { status: 401 } }))).toBe(false);
    expect(route.renewCredentials).toHaveBeenCalledExactlyOnceWith(open);
  });

  it('renewSession() drops the connection after a 401 for a login that the server accepted before', () => {
    const { open, route, renew } = routeUnderTest();
    const error = new SwitchyardError('CONNECTOR_LOGIN_NEEDED', 'no', { detail: { status: 401, wasAuthorized: true } });
    expect(renew(error, true)).toBe(false);
    expect(route.lose).toHaveBeenCalledExactlyOnceWith(open, error);
    expect(route.renewCredentials).not.toHaveBeenCalled();
  });

  it.each([
    ['a 401 without a login', { status: 401, wasAuthorized: false }],
    ['a 403 that requires more scopes', { status: 403, wasAuthorized: true }],
  ])('renewSession() keeps the connection after %s', (_, detail) => {
    const { route, renew } = routeUnderTest();
    expect(renew(new SwitchyardError('CONNECTOR_LOGIN_NEEDED', 'no', { detail }))).toBe(false);
    expect([route.lose, route.renewCredentials].map((it) => it.mock.calls.length)).toEqual([0, 0]);
  });

  it.each([
    ['an error response to the call', new SwitchyardError('TOOL_CALL_REJECTED', 'bad argument')],
    ['an error without a code', new Error('lost')],
  ])('renewSession() keeps the connection after %s', (_, error) => {
    const { route, renew } = routeUnderTest();
    expect(renew(error)).toBe(false);
    expect(route.lose).not.toHaveBeenCalled();
  });
});
