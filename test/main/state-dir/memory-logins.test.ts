import { describe, expect, it } from 'vitest';
import { MemoryLogins } from '../../../src/main/state-dir/memory-logins.ts';
import { loginIdOf } from '../../../src/shared/logins/login-records.ts';
import { LEASE_MS } from '../../../src/shared/logins/refresh-turns.ts';
import { eventually } from '../../helpers/eventually.ts';
import { bindingOf, clientOf, keyOf, tokensOf } from '../../helpers/logins.ts';

/** Creates a login store with a clock that the test controls. */
function world() {
  let nowMs = 1_000;
  const store = new MemoryLogins({ now: () => nowMs });
  return {
    store,
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

describe('MemoryLogins', () => {
  it('MemoryLogins returns the logins and clients that were saved last', async () => {
    const { store } = world();
    expect(await store.readAll()).toEqual({ bindings: [], logins: [], clients: [], unreadable: 0 });
    await store.saveBinding({ ...bindingOf('a'), wantedScope: 'old' });
    await store.saveBinding(bindingOf('a'));
    await store.saveClient(clientOf('a'));
    await store.saveClient(clientOf('b'));
    await store.removeClient(clientOf('b').issuer);
    const login = await store.saveLogin(keyOf('a'), tokensOf('a'));
    expect(login).toEqual({
      loginId: loginIdOf(keyOf('a')),
      key: keyOf('a'),
      generation: 1,
      tokens: tokensOf('a'),
      lostBecause: null,
    });
    const all = { bindings: [bindingOf('a')], logins: [login], clients: [clientOf('a')], unreadable: 0 };
    expect(await store.readAll()).toEqual(all);
  });

  it('MemoryLogins lets only one caller at a time refresh a login', async () => {
    const { store, pass } = world();
    const { loginId } = await store.saveLogin(keyOf('a'), tokensOf('a'));
    const turn = await store.beginRefresh(loginId, 1);
    if (turn.kind !== 'go') throw new Error(turn.kind);
    expect((await store.beginRefresh(loginId, 1)).kind).toBe('wait');
    pass(LEASE_MS - 1);
    expect((await store.beginRefresh(loginId, 1)).kind).toBe('wait');
    const refreshed = await store.endRefresh(loginId, turn.leaseId, { kind: 'refreshed', tokens: tokensOf('b') });
    expect(refreshed).toMatchObject({ generation: 2, tokens: tokensOf('b') });
    expect(await store.beginRefresh(loginId, 1)).toEqual({ kind: 'newer', login: refreshed });
    expect(await store.beginRefresh(loginId, 2)).toMatchObject({ kind: 'go', mayBeSpent: false });
  });

  it('after a timeout, MemoryLogins lets another caller refresh a login, and drops the late result of the first caller', async () => {
    const { store, pass } = world();
    const { loginId } = await store.saveLogin(keyOf('a'), tokensOf('a'));
    const frozen = await store.beginRefresh(loginId, 1);
    if (frozen.kind !== 'go') throw new Error(frozen.kind);
    pass(LEASE_MS);
    const next = await store.beginRefresh(loginId, 1);
    expect(next).toMatchObject({ kind: 'go', mayBeSpent: true });
    const late = await store.endRefresh(loginId, frozen.leaseId, { kind: 'lost', reason: 'too late' });
    expect(late).toMatchObject({ generation: 1, lostBecause: null });
    expect((await store.beginRefresh(loginId, 1)).kind).toBe('wait');
  });

  it.each(['saveLogin', 'removeLogin'] as const)(
    'MemoryLogins drops the result of a refresh that was in progress during %s()',
    async (way) => {
      const { store } = world();
      const { loginId } = await store.saveLogin(keyOf('a'), tokensOf('a'));
      const turn = await store.beginRefresh(loginId, 1);
      if (turn.kind !== 'go') throw new Error(turn.kind);
      if (way === 'removeLogin') expect(await store.removeLogin(loginId)).toMatchObject({ generation: 1 });
      else await store.saveLogin(keyOf('a'), tokensOf('new'));
      const ended = await store.endRefresh(loginId, turn.leaseId, { kind: 'refreshed', tokens: tokensOf('late') });
      if (way === 'removeLogin') expect(ended).toBeNull();
      else expect(ended).toMatchObject({ generation: 2, tokens: tokensOf('new') });
    },
  );

  it('MemoryLogins never reuses a generation number, so a login after a logout has a higher generation', async () => {
    const { store } = world();
    const { loginId } = await store.saveLogin(keyOf('a'), tokensOf('a'));
    await store.removeLogin(loginId);
    expect(await store.removeLogin(loginId)).toBeNull();
    expect(await store.beginRefresh(loginId, 1)).toEqual({ kind: 'gone' });
    expect(await store.saveLogin(keyOf('a'), tokensOf('b'))).toMatchObject({ generation: 3 });
    expect((await store.beginRefresh(loginId, 1)).kind).toBe('newer');
  });

  it('until its removal, a watcher of MemoryLogins is notified when data is saved, but not when a refresh starts', async () => {
    const { store } = world();
    let [first, second] = [0, 0];
    const end = store.watch(() => (first += 1));
    store.watch(() => (second += 1));
    const { loginId } = await store.saveLogin(keyOf('a'), tokensOf('a'));
    await eventually('both are told', () => first === 1 && second === 1);
    end();
    end();
    await store.beginRefresh(loginId, 1);
    await store.saveBinding(bindingOf('a'));
    await eventually('the second is told', () => second === 2);
    expect(first).toBe(1);
  });
});
