import { describe, expect, it } from 'vitest';
import type { ConnectorState } from '../../../src/main/connectors/connector-state.ts';
import { awaitReady, type ReadyView } from '../../../src/main/manager/await-ready.ts';
import { SwitchyardError } from '../../../src/shared/errors.ts';

/** Creates the part of a manager that `awaitReady` uses, with connectors whose states the test can change. */
function setUp(states: Record<string, ConnectorState>, isKnown = true) {
  const closing = new AbortController();
  const listeners = new Set<() => void>();
  const hurried: string[] = [];
  const view: ReadyView = {
    isKnown: () => isKnown,
    stateOf: (id) => states[id],
    hurry: (id) => void hurried.push(id),
    counts: () => new Map(Object.values(states).map((state) => [state, 1])),
    states: () => Object.entries(states),
    onChange(callback) {
      listeners.add(callback);
      return () => void listeners.delete(callback);
    },
    closed: closing.signal,
  };
  const change = (id: string, state: ConnectorState): void => {
    states[id] = state;
    for (const listener of listeners) listener();
  };
  return { view, change, listeners, hurried, close: () => closing.abort(new SwitchyardError('CLOSED', 'closed')) };
}

describe('awaitReady', () => {
  it('awaitReady() resolves when the connector with the given id is up, even with an incomplete tool list', async () => {
    const { view, change, listeners } = setUp({ a: 'connecting', b: 'ready' });
    const ready = awaitReady('a', {}, view);
    change('a', 'degraded');
    await ready;
    expect(listeners.size).toBe(0);
  });

  it('awaitReady() with the id of a connector gives each of its connection attempts priority', async () => {
    const { view, change, hurried } = setUp({ a: 'backing-off', b: 'connecting' });
    const ready = awaitReady('a', {}, view);
    for (const state of ['connecting', 'backing-off', 'connecting', 'ready'] as const) change('a', state);
    await ready;
    expect(hurried).toEqual(['a', 'a', 'a']);
  });

  it.each<[string, Record<string, ConnectorState>]>([
    ['any', { a: 'failed', b: 'ready' }],
    ['all', { a: 'ready', b: 'disabled' }],
    ['all', { a: 'ready', b: 'needs-login' }],
    ['all', { a: 'needs-login' }],
  ])('awaitReady() resolves immediately for "%s" with the connectors %j', async (target, states) => {
    await awaitReady(target, {}, setUp(states).view);
  });

  it.each<[string, Record<string, ConnectorState>, boolean, string]>([
    ['any', { a: 'failed', b: 'disabled' }, true, 'these are not up: a (failed)'],
    ['all', { a: 'ready', b: 'backing-off' }, true, 'these are not up: b (backing-off)'],
    ['all', { a: 'ready' }, false, 'no connector is enabled, or a source is not loaded yet'],
    ['all', {}, false, 'there is no service map yet'],
    ['a', { a: 'failed', b: 'failed' }, true, 'these are not up: a (failed)'],
    ['a', { a: 'needs-login', b: 'ready' }, true, 'these are not up: a (needs-login)'],
    ['any', { a: 'needs-login' }, true, 'these are not up: a (needs-login)'],
  ])(
    'awaitReady() times out for "%s" with the connectors %j (all sources read: %s), and says which are not up',
    async (target, states, isKnown, why) => {
      const waiting = awaitReady(target, { timeoutMs: 5 }, setUp(states, isKnown).view);
      await expect(waiting).rejects.toMatchObject({
        code: 'CONNECTOR_TIMEOUT',
        message: `Timed out after 5 ms while waiting for connectors; ${why}.`,
      });
    },
  );

  it('awaitReady() waits for a connector called `any` or `all` if the target is an object with its id', async () => {
    for (const connectorId of ['any', 'all']) {
      const { view, change } = setUp({ [connectorId]: 'connecting', other: 'ready' });
      const ready = awaitReady({ connectorId }, {}, view);
      expect(await Promise.race([ready, Promise.resolve('waiting')])).toBe('waiting');
      change(connectorId, 'ready');
      await ready;
    }
  });

  it('awaitReady() rejects an unknown id only after every source was read', async () => {
    await expect(awaitReady('x', {}, setUp({}).view)).rejects.toMatchObject({ code: 'CONNECTOR_UNKNOWN' });
    const { view, change } = setUp({}, false);
    const ready = awaitReady('x', {}, view);
    change('x', 'ready');
    await ready;
  });

  it('awaitReady() rejects when the manager closes', async () => {
    const { view, close } = setUp({ a: 'connecting' });
    const ready = awaitReady('a', {}, view);
    close();
    await expect(ready).rejects.toMatchObject({ code: 'CLOSED' });
  });
});
