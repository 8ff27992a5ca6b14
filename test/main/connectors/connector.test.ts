import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BroughtUp } from '../../../src/main/connectors/bring-up/bring-up.ts';
import { Connector } from '../../../src/main/connectors/connector.ts';
import { SwitchyardError } from '../../../src/shared/errors.ts';
import { connectorUnderTest, normalized } from '../../helpers/connector-under-test.ts';
import { broughtUp, scriptedConnection, toolNamed } from '../../helpers/scripted-connection.ts';

const echo = toolNamed('echo');
const refused = new SwitchyardError('CONNECTOR_CONNECT_FAILED', 'refused');

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

describe('starting connector', () => {
  it('a starting connector registers its tools, and then reports the state `ready`', async () => {
    const { connector, states, tools, up } = connectorUnderTest();
    await up();
    expect([states, tools]).toEqual([['connecting', 'ready'], [['echo']]]);
    expect(connector.status()).toMatchObject({
      state: 'ready',
      era: 'modern',
      transport: 'streamable-http',
      toolCount: 1,
      handshakeMs: 5,
    });
  });

  it('a starting connector reports the state `degraded` if its tool list is incomplete', async () => {
    const { connector, attempt, states } = connectorUnderTest();
    connector.update(connector.entry);
    await vi.advanceTimersByTimeAsync(0);
    attempt().resolve(broughtUp(scriptedConnection(), ['a'], 'it repeated a cursor'));
    await connector.settled();
    expect(states.at(-1)).toBe('degraded');
    await expect(connector.calls.callTool(toolNamed('a'), {}, {})).resolves.toEqual({ content: [] });
  });

  it('a connector makes no connection attempt while its entry disables it', async () => {
    const { connector, attempts, states } = connectorUnderTest({ status: 'disabled' });
    connector.update(connector.entry);
    expect([attempts.length, states, connector.state]).toEqual([0, [], 'disabled']);
  });

  it('a connector that cannot connect tries again after a pause, and then registers its tools', async () => {
    const { connector, attempts, attempt, states, tools } = connectorUnderTest();
    connector.update(connector.entry);
    await vi.advanceTimersByTimeAsync(0);
    attempt().reject(refused);
    await connector.settled();
    expect(connector.status()).toMatchObject({ state: 'backing-off', lastError: { code: 'CONNECTOR_CONNECT_FAILED' } });
    await vi.advanceTimersByTimeAsync(499);
    expect(attempts).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    attempt(1).resolve(broughtUp(scriptedConnection()));
    await connector.settled();
    expect([states, tools]).toEqual([['connecting', 'backing-off', 'connecting', 'ready'], [['echo']]]);
    expect(connector.status().lastError).toBeNull();
  });

  it.each(['CONNECTOR_AUTH_MISSING', 'CONNECTOR_REFUSED'] as const)(
    'a connector stops retrying after %s until somebody requests a refresh',
    async (code) => {
      const { connector, attempts, attempt } = connectorUnderTest();
      connector.update(connector.entry);
      await vi.advanceTimersByTimeAsync(0);
      attempt().reject(new SwitchyardError(code, 'no'));
      await connector.settled();
      await vi.advanceTimersByTimeAsync(120_000);
      expect([connector.state, attempts.length]).toEqual(['failed', 1]);
      connector.refresh();
      await vi.advanceTimersByTimeAsync(0);
      expect([connector.state, attempts.length]).toEqual(['connecting', 2]);
    },
  );
});

describe('connector whose entry changes', () => {
  it('a connector reconnects if its endpoint changes, and closes the old connection first', async () => {
    const { connector, attempt, up } = connectorUnderTest();
    const old = scriptedConnection();
    await up(old);
    connector.update(normalized({ endpoint: 'http://127.0.0.1:9/new' }));
    await vi.advanceTimersByTimeAsync(0);
    expect(old.closed).toBe(true);
    expect(attempt(1).entry.endpoint).toBe('http://127.0.0.1:9/new');
  });

  it('a connector keeps its connection and reports its tools again if its entry changes but the endpoint does not', async () => {
    const { connector, attempts, states, tools, up } = connectorUnderTest();
    await up();
    connector.update(normalized({ tags: ['new'] }));
    expect([attempts.length, states.length, tools.length]).toEqual([1, 2, 2]);
  });

  it('a connector continues its connection attempt when its entry changes but the endpoint does not', async () => {
    const { connector, attempts } = connectorUnderTest();
    connector.update(connector.entry);
    connector.update(normalized({ tags: ['new'] }));
    await vi.advanceTimersByTimeAsync(0);
    expect(attempts).toHaveLength(1);
  });

  it('a connector drops its tools, calls and connection when it is disabled, and reconnects when it is enabled', async () => {
    const { connector, attempts, states, tools, up } = connectorUnderTest();
    const connection = scriptedConnection(() => new Promise(() => {}));
    await up(connection);
    const call = connector.calls.callTool(echo, {}, {});
    call.catch(() => {});
    await vi.advanceTimersByTimeAsync(0);
    connector.update(normalized({ status: 'disabled' }));
    await expect(call).rejects.toMatchObject({ code: 'CONNECTOR_GONE' });
    expect([tools.at(-1), connection.closed, states.at(-1)]).toEqual([[], true, 'disabled']);
    connector.update(normalized());
    await vi.advanceTimersByTimeAsync(0);
    expect([connector.state, attempts.length]).toEqual(['connecting', 2]);
  });
});

describe('connection loss', () => {
  it('a lost connection causes only one backoff, even if the loss is reported several times', async () => {
    const { connector, attempt, states, up } = connectorUnderTest();
    await up();
    attempt().events.onLost(new Error('closed by the other side'));
    attempt().events.onLost(new Error('again'));
    expect(states).toEqual(['connecting', 'ready', 'backing-off']);
    expect(connector.status().lastError?.message).toBe('closed by the other side');
  });

  it('a connection attempt fails if the connection is lost just before the connector is up', async () => {
    const { connector, attempt, states } = connectorUnderTest();
    connector.update(connector.entry);
    await vi.advanceTimersByTimeAsync(0);
    const connection = scriptedConnection();
    attempt().events.onLost(new Error('early'));
    attempt().resolve(broughtUp(connection));
    await connector.settled();
    expect([states, connection.closed]).toEqual([['connecting', 'backing-off'], true]);
  });

  it('a connection loss that is reported during a connection attempt does not change the state `connecting`', async () => {
    const { connector, attempt, states } = connectorUnderTest();
    connector.update(connector.entry);
    await vi.advanceTimersByTimeAsync(0);
    attempt().events.onLost(new Error('early'));
    expect(states).toEqual(['connecting']);
  });
});

describe('connector close', () => {
  const over = new SwitchyardError('CLOSED', 'over');

  it('closing a connector aborts its connection attempt, and closes a connection that is established too late', async () => {
    const { connector, attempts } = connectorUnderTest();
    const late = scriptedConnection();
    const slow = new Connector(connector.entry, {
      bringUp: () => new Promise((resolve) => setTimeout(() => resolve(broughtUp(late)), 50)),
      now: () => 0,
      random: { next: () => 1 },
      callTimeoutMs: 1_000,
      relistAfterMs: () => null,
      onSettling: () => {},
      relist: () => Promise.reject(new Error('not asked for')),
      onListFailed: () => {},
      onTransition: () => {},
      onTools: async () => {},
      onToolsGone: () => {},
    });
    slow.update(slow.entry);
    await vi.advanceTimersByTimeAsync(0);
    const closed = slow.close(over);
    await vi.advanceTimersByTimeAsync(50);
    await closed;
    expect([slow.state, late.closed, attempts.length]).toEqual(['closing', true, 0]);
  });

  it('closing a connector during its backoff leaves no timer behind', async () => {
    const { connector, attempt, attempts } = connectorUnderTest();
    connector.update(connector.entry);
    await vi.advanceTimersByTimeAsync(0);
    attempt().reject(refused);
    await connector.settled();
    await connector.close(over);
    await connector.close(over);
    await vi.advanceTimersByTimeAsync(120_000);
    expect([attempts.length, vi.getTimerCount(), connector.state]).toEqual([1, 0, 'closing']);
  });

  it.each(['backing-off', 'connecting', 'ready', 'tools'] as const)(
    'a connector that a listener closes at the event "%s" stays closed',
    async (moment) => {
      const { connector, attempt, attempts, states, hear } = connectorUnderTest();
      hear((what) => {
        if (what === moment) void connector.close(over);
      });
      connector.update(connector.entry);
      await vi.advanceTimersByTimeAsync(0);
      if (moment === 'backing-off') attempt().reject(refused);
      else if (moment !== 'connecting') attempt().resolve(broughtUp(scriptedConnection()));
      await vi.advanceTimersByTimeAsync(120_000);
      expect([states.at(-1), attempts.length <= 1, vi.getTimerCount()]).toEqual(['closing', true, 0]);
      await expect(connector.calls.callTool(echo, {}, {})).rejects.toMatchObject({ code: 'CONNECTOR_UNAVAILABLE' });
    },
  );

  it('`close()` of a connector also waits for an older connection attempt that a changed entry has replaced', async () => {
    const late = scriptedConnection();
    const bringUp = (): Promise<BroughtUp> => new Promise((resolve) => setTimeout(() => resolve(broughtUp(late)), 50));
    const deps = {
      bringUp,
      now: () => 0,
      random: { next: () => 1 },
      callTimeoutMs: 1_000,
      relistAfterMs: () => null,
      onSettling: () => {},
      relist: () => Promise.reject(new Error('not asked for')),
      onListFailed: () => {},
      onTransition: () => {},
      onTools: async () => {},
      onToolsGone: () => {},
    };
    const connector = new Connector(normalized(), deps);
    connector.update(connector.entry);
    await vi.advanceTimersByTimeAsync(0);
    connector.update(normalized({ endpoint: 'http://127.0.0.1:9/new' }));
    let isClosed = false;
    const closed = connector.close(over).then(() => {
      isClosed = true;
    });
    await vi.advanceTimersByTimeAsync(40);
    expect(isClosed).toBe(false);
    await vi.advanceTimersByTimeAsync(60);
    await closed;
    expect(late.closed).toBe(true);
  });

  it('closing a connector rejects calls in flight with the reason of the close', async () => {
    const { connector, up } = connectorUnderTest();
    await up(scriptedConnection(() => new Promise(() => {})));
    const call = connector.calls.callTool(echo, {}, {});
    call.catch(() => {});
    await vi.advanceTimersByTimeAsync(0);
    await connector.close(over);
    await expect(call).rejects.toBe(over);
    expect(vi.getTimerCount()).toBe(0);
  });
});
