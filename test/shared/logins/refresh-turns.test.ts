import { describe, expect, it } from 'vitest';
import type { StoredLogin } from '../../../src/shared/logins/login-records.ts';
import {
  beginTurn,
  endTurn,
  LEASE_MS,
  NO_REFRESH,
  type RefreshState,
  SEND_MS,
} from '../../../src/shared/logins/refresh-turns.ts';
import { keyOf, tokensOf } from '../../helpers/logins.ts';

const login: StoredLogin = { loginId: 'id', key: keyOf('a'), generation: 3, tokens: tokensOf('a'), lostBecause: null };
const ask = (nowMs = 0, over: object = {}) => ({
  generation: 3,
  nowMs,
  leaseId: `lease-${nowMs}`,
  owner: 'asking',
  isGone: () => false,
  ...over,
});
const held: RefreshState = { lease: { leaseId: 'held', owner: 'other', grantedAtMs: 1_000 }, mayBeSpent: false };

describe('beginTurn', () => {
  it('beginTurn() grants a lease for a login that no process is refreshing', () => {
    const { turn, state } = beginTurn(login, NO_REFRESH, ask(5_000));
    expect(turn).toEqual({ kind: 'go', leaseId: 'lease-5000', untilMs: 5_000 + SEND_MS, login, mayBeSpent: false });
    expect(state).toEqual({ lease: { leaseId: 'lease-5000', owner: 'asking', grantedAtMs: 5_000 }, mayBeSpent: false });
  });

  it('beginTurn() changes nothing if the login was removed or renewed, and reports this', () => {
    expect(beginTurn(null, NO_REFRESH, ask())).toEqual({ turn: { kind: 'gone' }, state: null });
    const newer = { turn: { kind: 'newer', login }, state: null };
    expect(beginTurn(login, held, ask(0, { generation: 2 }))).toEqual(newer);
    const lost = { ...login, tokens: null, lostBecause: 'refused' };
    expect(beginTurn(lost, NO_REFRESH, ask()).turn).toEqual({ kind: 'newer', login: lost });
  });

  it('beginTurn() lets other processes wait only until the lease of a living process expires', () => {
    expect(beginTurn(login, held, ask(1_001)).turn).toEqual({ kind: 'wait', forMs: 250 });
    expect(beginTurn(login, held, ask(1_000 + LEASE_MS - 1)).turn).toEqual({ kind: 'wait', forMs: 1 });
    expect(beginTurn(login, held, ask(1_000 + LEASE_MS)).turn).toMatchObject({ kind: 'go', mayBeSpent: true });
  });

  it('beginTurn() immediately grants a lease to the next process if the process that held it has ended', () => {
    const begun = beginTurn(login, held, ask(1_001, { isGone: (owner: string) => owner === 'other' }));
    expect(begun.turn).toMatchObject({ kind: 'go', mayBeSpent: true });
    expect(begun.state).toMatchObject({ lease: { owner: 'asking' }, mayBeSpent: true });
  });

  it('beginTurn() restarts the wait for a lease if the clock was set back', () => {
    const first = beginTurn(login, { ...held, lease: { leaseId: 'held', owner: 'other', grantedAtMs: 9e12 } }, ask(50));
    expect(first).toEqual({
      turn: { kind: 'wait', forMs: 250 },
      state: { lease: { leaseId: 'held', owner: 'other', grantedAtMs: 50 }, mayBeSpent: false },
    });
    expect(beginTurn(login, first.state ?? NO_REFRESH, ask(50 + LEASE_MS)).turn.kind).toBe('go');
  });

  it('beginTurn() sets the last moment to send a refresh ten seconds before the lease ends', () => {
    expect(LEASE_MS - SEND_MS).toBe(10_000);
  });
});

describe('endTurn', () => {
  it('endTurn() stores new tokens, or the loss of the tokens, as the next generation of a login', () => {
    const tokens = tokensOf('b');
    expect(endTurn(login, held, 'held', { kind: 'refreshed', tokens })).toEqual({
      login: { ...login, generation: 4, tokens },
      hasChanged: true,
      state: NO_REFRESH,
    });
    expect(endTurn(login, held, 'held', { kind: 'lost', reason: 'invalid_grant' })).toEqual({
      login: { ...login, generation: 4, tokens: null, lostBecause: 'invalid_grant' },
      hasChanged: true,
      state: NO_REFRESH,
    });
  });

  it('until there is a new refresh token, endTurn() remembers that the old one may be used up', () => {
    const unknown = endTurn(login, held, 'held', { kind: 'unknown' });
    expect(unknown).toEqual({ login, hasChanged: false, state: { lease: null, mayBeSpent: true } });
    const again = beginTurn(login, unknown?.state ?? NO_REFRESH, ask());
    expect(again.turn).toMatchObject({ kind: 'go', mayBeSpent: true });
    expect(endTurn(login, again.state ?? NO_REFRESH, 'lease-0', { kind: 'unspent' })?.state.mayBeSpent).toBe(true);
    expect(endTurn(login, held, 'held', { kind: 'unspent' })?.state).toEqual(NO_REFRESH);
  });

  it('endTurn() drops the result of a process that has lost its lease', () => {
    expect(endTurn(login, held, 'another', { kind: 'refreshed', tokens: tokensOf('b') })).toBeNull();
    expect(endTurn(login, NO_REFRESH, 'held', { kind: 'refreshed', tokens: tokensOf('b') })).toBeNull();
  });
});
