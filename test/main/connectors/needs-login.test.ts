import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SwitchyardError } from '../../../src/shared/errors.ts';
import { connectorUnderTest, normalized } from '../../helpers/connector-under-test.ts';
import { broughtUp, scriptedConnection, toolNamed } from '../../helpers/scripted-connection.ts';

const echo = toolNamed('echo');

/** Creates the error of a connector that needs a login. */
function loginNeeded(detail: Readonly<Record<string, unknown>> = {}): SwitchyardError {
  const why = 'Connector one wants a login at https://issuer.example: run `mcp-switchyard auth login one`.';
  const facts = { connectorId: 'one', issuer: 'https://issuer.example', status: 401, wasAuthorized: false };
  return new SwitchyardError('CONNECTOR_LOGIN_NEEDED', why, { detail: { ...facts, ...detail } });
}

/** Creates a connector whose first attempt found that the connector needs a login. */
async function withoutLogin(overrides = {}) {
  const under = connectorUnderTest(overrides);
  under.connector.update(under.connector.entry);
  await vi.advanceTimersByTimeAsync(0);
  under.attempt().reject(loginNeeded());
  await under.connector.settled();
  return under;
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

describe('connector that needs a login', () => {
  it('a connector that needs a login enters the state `needs-login` with the reason, and sets no timer', async () => {
    const { connector, states } = await withoutLogin();
    expect([states, vi.getTimerCount()]).toEqual([['connecting', 'needs-login'], 0]);
    expect(connector.status()).toMatchObject({
      state: 'needs-login',
      why: expect.stringContaining('auth login one'),
      lastError: { code: 'CONNECTOR_LOGIN_NEEDED' },
    });
  });

  it('calls to a connector that needs a login fail immediately with `CONNECTOR_LOGIN_NEEDED`', async () => {
    const { connector, attempts } = await withoutLogin();
    const error = await connector.calls.callTool(echo, {}, {}).catch((it: unknown) => it);
    expect(error).toBeInstanceOf(SwitchyardError);
    expect(error).toMatchObject({
      code: 'CONNECTOR_LOGIN_NEEDED',
      name: 'oneConnectorUnavailableError',
      message: expect.stringContaining('auth login one'),
      detail: { connectorId: 'one', issuer: 'https://issuer.example', state: 'needs-login' },
    });
    expect([attempts.length, vi.getTimerCount()]).toEqual([1, 0]);
  });

  it('a connector that needs a login does not connect after a call, a retry or an update with the same entry', async () => {
    const step = fc.constantFrom('call', 'request', 'chance', 'retry', 'same entry', 'time');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const { connector, attempts, states } = await withoutLogin();
        const outcomes: Promise<unknown>[] = [];
        for (const it of steps) {
          if (it === 'call') outcomes.push(connector.calls.callTool(echo, {}, {}).catch((error) => error.code));
          if (it === 'request') outcomes.push(connector.calls.request('prompts/list', {}, {}).catch((e) => e.code));
          if (it === 'chance') outcomes.push(connector.awaitChance(AbortSignal.abort('never looked at')));
          if (it === 'retry') connector.retry();
          if (it === 'same entry') connector.update(connector.entry);
          if (it === 'time') await vi.advanceTimersByTimeAsync(60_000);
        }
        const codes = (await Promise.all(outcomes)).filter((outcome) => outcome !== undefined);
        expect(codes.every((code) => code === 'CONNECTOR_LOGIN_NEEDED')).toBe(true);
        expect([attempts.length, states, vi.getTimerCount()]).toEqual([1, ['connecting', 'needs-login'], 0]);
      }),
      { numRuns: 200 },
    );
  });

  it('a connector that needs a login tries to connect once after a forced refresh, and once after its entry changes', async () => {
    const { connector, attempts, attempt, states } = await withoutLogin();
    connector.refresh();
    await vi.advanceTimersByTimeAsync(0);
    attempt(1).reject(loginNeeded());
    await connector.settled();
    connector.update(normalized({ tags: ['new'] }));
    await vi.advanceTimersByTimeAsync(0);
    attempt(2).reject(loginNeeded());
    await connector.settled();
    await vi.advanceTimersByTimeAsync(120_000);
    expect([attempts.length, connector.state, vi.getTimerCount()]).toEqual([3, 'needs-login', 0]);
    expect(states).not.toContain('backing-off');
  });

  it('a connector that needs a login connects immediately after the login', async () => {
    const { connector, attempt, states, tools } = await withoutLogin();
    connector.loginChanged();
    const call = connector.calls.callTool(echo, {}, {});
    await vi.advanceTimersByTimeAsync(0);
    attempt(1).resolve(broughtUp(scriptedConnection()));
    await expect(call).resolves.toEqual({ content: [] });
    expect([states, tools]).toEqual([['connecting', 'needs-login', 'connecting', 'ready'], [['echo']]]);
    expect(connector.status().lastError).toBeNull();
  });

  it('a connector that needs a login can be disabled and closed without an attempt to connect', async () => {
    const { connector, attempts } = await withoutLogin();
    connector.update(normalized({ status: 'disabled' }));
    connector.loginChanged();
    expect(connector.state).toBe('disabled');
    await connector.close(new SwitchyardError('CLOSED', 'over'));
    connector.loginChanged();
    expect([connector.state, attempts.length]).toEqual(['closing', 1]);
  });

  it.each(['LOGIN_UNSUPPORTED', 'LOGIN_METADATA_INVALID', 'LOGIN_CLIENT_UNKNOWN', 'LOGIN_SECRET_MISSING'] as const)(
    'a connector stops retrying after %s until its login changes',
    async (code) => {
      const { connector, attempts, attempt } = connectorUnderTest();
      connector.update(connector.entry);
      await vi.advanceTimersByTimeAsync(0);
      attempt().reject(new SwitchyardError(code, 'no'));
      await connector.settled();
      await vi.advanceTimersByTimeAsync(120_000);
      expect([connector.state, attempts.length]).toEqual(['failed', 1]);
      await expect(connector.calls.callTool(echo, {}, {})).rejects.toMatchObject({ code: 'CONNECTOR_UNAVAILABLE' });
      connector.loginChanged();
      await vi.advanceTimersByTimeAsync(0);
      expect([connector.state, attempts.length]).toEqual(['connecting', 2]);
    },
  );
});

describe('connector whose login changes', () => {
  it('if the login changes during an attempt that fails, the attempt is repeated and a waiting call succeeds', async () => {
    const { connector, attempts, attempt, states } = connectorUnderTest();
    connector.update(connector.entry);
    await vi.advanceTimersByTimeAsync(0);
    const call = connector.calls.callTool(echo, {}, {});
    connector.loginChanged();
    attempt().reject(loginNeeded());
    await vi.advanceTimersByTimeAsync(0);
    attempt(1).resolve(broughtUp(scriptedConnection()));
    await expect(call).resolves.toEqual({ content: [] });
    expect([states, attempts.length]).toEqual([['connecting', 'connecting', 'ready'], 2]);
  });

  it('if the login changes during an attempt that succeeds, the attempt is not repeated', async () => {
    const { connector, attempts, attempt, states } = connectorUnderTest();
    connector.update(connector.entry);
    await vi.advanceTimersByTimeAsync(0);
    connector.loginChanged();
    attempt().resolve(broughtUp(scriptedConnection()));
    await connector.settled();
    expect([states, attempts.length]).toEqual([['connecting', 'ready'], 1]);
  });

  it('if the login changes during an attempt that fails with a network error, the backoff is not shortened', async () => {
    const { connector, attempts, attempt } = connectorUnderTest();
    connector.update(connector.entry);
    await vi.advanceTimersByTimeAsync(0);
    connector.loginChanged();
    attempt().reject(new SwitchyardError('CONNECTOR_CONNECT_FAILED', 'no'));
    await connector.settled();
    expect([connector.state, attempts.length, vi.getTimerCount()]).toEqual(['backing-off', 1, 1]);
  });

  it('if the login changes, a connector that is up reconnects, and running calls finish on the old connection', async () => {
    const { connector, attempt, tools, up } = connectorUnderTest();
    const answer = Promise.withResolvers<{ content: [] }>();
    const old = scriptedConnection(() => answer.promise);
    await up(old);
    const call = connector.calls.callTool(echo, {}, {});
    await vi.advanceTimersByTimeAsync(0);
    connector.loginChanged();
    await vi.advanceTimersByTimeAsync(0);
    attempt(1).resolve(broughtUp(scriptedConnection(), ['echo', 'more']));
    await connector.settled();
    expect([connector.state, old.closed, tools.at(-1)]).toEqual(['ready', false, ['echo', 'more']]);
    answer.resolve({ content: [] });
    await expect(call).resolves.toEqual({ content: [] });
    await vi.advanceTimersByTimeAsync(0);
    expect(old.closed).toBe(true);
  });

  it('if the login is removed, the connector changes from `ready` to `needs-login`', async () => {
    const { connector, attempt, tools, up } = connectorUnderTest();
    await up();
    connector.loginChanged();
    await vi.advanceTimersByTimeAsync(0);
    attempt(1).reject(loginNeeded());
    await connector.settled();
    expect([connector.state, tools, vi.getTimerCount()]).toEqual(['needs-login', [['echo']], 0]);
  });
});

describe('rejected call while the connector is up', () => {
  it.each([
    ['the call needs a login and there is none', loginNeeded()],
    ['the call needs more scopes', loginNeeded({ status: 403, wasAuthorized: true })],
  ])('a rejected call does not change the state of its connector if %s', async (_, error) => {
    const { connector, attempts, states, up } = connectorUnderTest();
    let calls = 0;
    await up(scriptedConnection(() => (calls++ === 0 ? Promise.reject(error) : Promise.resolve({ content: [] }))));
    await expect(connector.calls.callTool(echo, {}, {})).rejects.toBe(error);
    await expect(connector.calls.callTool(echo, {}, {})).resolves.toEqual({ content: [] });
    expect([states, attempts.length, vi.getTimerCount()]).toEqual([['connecting', 'ready'], 1, 0]);
  });

  it('a rejected call moves its connector to `needs-login` if the login worked before, and the tools stay listed', async () => {
    const { connector, attempts, states, tools, up } = connectorUnderTest();
    const error = loginNeeded({ wasAuthorized: true });
    await up(scriptedConnection(() => Promise.reject(error)));
    await expect(connector.calls.callTool(echo, {}, {})).rejects.toBe(error);
    await expect(connector.calls.callTool(echo, {}, {})).rejects.toMatchObject({
      code: 'CONNECTOR_LOGIN_NEEDED',
      name: 'oneConnectorUnavailableError',
      cause: error,
    });
    await vi.advanceTimersByTimeAsync(120_000);
    expect([states, tools, attempts.length]).toEqual([['connecting', 'ready', 'needs-login'], [['echo']], 1]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('a rejected call does not abort other calls in flight, even if a new login arrives before they end', async () => {
    const { connector, attempt, up } = connectorUnderTest();
    const answer = Promise.withResolvers<{ content: [] }>();
    let calls = 0;
    await up(
      scriptedConnection(() => (calls++ === 0 ? answer.promise : Promise.reject(loginNeeded({ wasAuthorized: true })))),
    );
    const slow = connector.calls.callTool(echo, {}, {});
    await expect(connector.calls.callTool(echo, {}, {})).rejects.toMatchObject({ code: 'CONNECTOR_LOGIN_NEEDED' });
    connector.loginChanged();
    await vi.advanceTimersByTimeAsync(0);
    attempt(1).resolve(broughtUp(scriptedConnection()));
    await connector.settled();
    answer.resolve({ content: [] });
    await expect(slow).resolves.toEqual({ content: [] });
    expect(connector.state).toBe('ready');
  });
});

describe('rejected read of the tool list', () => {
  it('a rejected read of the tool list moves the connector to `needs-login`, and the known tools stay listed', async () => {
    const { connector, states, tools, failures, up } = connectorUnderTest();
    const connection = scriptedConnection();
    await up(connection);
    vi.spyOn(connection, 'listToolsPage').mockRejectedValue(loginNeeded({ wasAuthorized: true }));
    connector.refresh();
    await connector.settled();
    expect([states, tools, failures]).toEqual([['connecting', 'ready', 'needs-login'], [['echo']], []]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
