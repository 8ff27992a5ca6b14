/** Whose turn it is to refresh a login: the rules that every {@link LoginStore} keeps, without its storage. */

import type { RefreshOutcome, RefreshTurn, StoredLogin } from './login-records.ts';

/** How long after its turn began a process that neither ended it nor died loses it. */
export const LEASE_MS = 30_000;

/** How long after its turn began a process may still send a request; the rest of the lease is for the answer. */
export const SEND_MS = 20_000;

/** The longest that a process waits before it asks for the turn again. */
const ASK_AGAIN_MS = 250;

/** A turn that began and has not ended. It is written down before anything is sent. */
interface RefreshLease {
  readonly leaseId: string;
  /** Names the process; what it means is the store's business. */
  readonly owner: string;
  /** Epoch ms. */
  readonly grantedAtMs: number;
}

/** What is known of the refreshes of one login. */
export interface RefreshState {
  readonly lease: RefreshLease | null;
  /** Whether the refresh token was sent, or may have been, without an answer that was stored. */
  readonly mayBeSpent: boolean;
}

/** The state of a login that nobody refreshes. */
export const NO_REFRESH: RefreshState = { lease: null, mayBeSpent: false };

/** Who asks for a turn, and when. */
export interface TurnRequest {
  /** The generation of the login that the asking process knows. */
  readonly generation: number;
  readonly nowMs: number;
  readonly leaseId: string;
  readonly owner: string;
  /** Whether the process of that name has surely ended. */
  readonly isGone: (owner: string) => boolean;
}

/** What to answer, and what to store before that; null where nothing changes. */
export interface BegunTurn {
  readonly turn: RefreshTurn;
  readonly state: RefreshState | null;
}

/** Decides what a process that asks for a turn is told. */
export function beginTurn(login: StoredLogin | null, state: RefreshState, request: TurnRequest): BegunTurn {
  const { generation, nowMs, leaseId, owner, isGone } = request;
  if (login === null) return { turn: { kind: 'gone' }, state: null };
  // Without tokens there is nothing to refresh: whoever asks has not heard of it.
  if (login.generation !== generation || login.tokens === null) return { turn: { kind: 'newer', login }, state: null };
  const { lease } = state;
  if (lease !== null && !isGone(lease.owner)) {
    const restMs = lease.grantedAtMs + LEASE_MS - nowMs;
    const wait = { kind: 'wait', forMs: Math.min(restMs, ASK_AGAIN_MS) } as const;
    // The clock was set back. Nobody knows how long ago that was, so the whole time starts again.
    if (restMs > LEASE_MS) return { turn: wait, state: { ...state, lease: { ...lease, grantedAtMs: nowMs } } };
    if (restMs > 0) return { turn: wait, state: null };
  }
  const mayBeSpent = state.mayBeSpent || lease !== null;
  return {
    turn: { kind: 'go', leaseId, untilMs: nowMs + SEND_MS, login, mayBeSpent },
    state: { lease: { leaseId, owner, grantedAtMs: nowMs }, mayBeSpent },
  };
}

/** A login and its refreshes after a turn; `hasChanged` says whether the login is another generation. */
export interface EndedTurn {
  readonly login: StoredLogin;
  readonly hasChanged: boolean;
  readonly state: RefreshState;
}

/** What to store after a turn. Null where that lease is not the present one, so that what came of it is dropped. */
export function endTurn(
  login: StoredLogin,
  state: RefreshState,
  leaseId: string,
  outcome: RefreshOutcome,
): EndedTurn | null {
  if (state.lease?.leaseId !== leaseId) return null;
  const next = { ...login, generation: login.generation + 1 };
  switch (outcome.kind) {
    case 'refreshed':
      return { login: { ...next, tokens: outcome.tokens, lostBecause: null }, hasChanged: true, state: NO_REFRESH };
    case 'lost':
      return { login: { ...next, tokens: null, lostBecause: outcome.reason }, hasChanged: true, state: NO_REFRESH };
    case 'unspent':
      return { login, hasChanged: false, state: { lease: null, mayBeSpent: state.mayBeSpent } };
    case 'unknown':
      return { login, hasChanged: false, state: { lease: null, mayBeSpent: true } };
  }
}
