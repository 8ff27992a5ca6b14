/**
 * The rules for turns. A turn is the right of one process to refresh a login for a limited time. These rules apply to
 * every {@link LoginStore}. Each implementation decides where it stores the turns.
 */

import type { RefreshOutcome, RefreshTurn, StoredLogin } from './login-records.ts';

/** Time after which a process loses its turn, if it has neither ended the turn nor exited before. */
export const LEASE_MS = 30_000;

/**
 * Time from the start of a turn within which the process may send a request. The rest of the turn is for the response.
 */
export const SEND_MS = 20_000;

/** Maximum time that a process waits before it asks for the turn again. */
const ASK_AGAIN_MS = 250;

/** A turn that has started and has not ended. It is stored before the process sends anything to the issuer. */
interface RefreshLease {
  readonly leaseId: string;
  /** Name of the process. Each store chooses the form of the name. */
  readonly owner: string;
  /** Start of the turn, in epoch milliseconds. */
  readonly grantedAtMs: number;
}

/** State of the refreshes of one login. */
export interface RefreshState {
  readonly lease: RefreshLease | null;
  /** Whether the refresh token was or may have been sent to the issuer, and no response was stored. */
  readonly mayBeSpent: boolean;
}

/** State of a login without a refresh in progress. */
export const NO_REFRESH: RefreshState = { lease: null, mayBeSpent: false };

/** A process's request for the turn to refresh a login. */
export interface TurnRequest {
  /** Generation of the login that the requesting process knows. */
  readonly generation: number;
  readonly nowMs: number;
  readonly leaseId: string;
  readonly owner: string;
  /** Returns whether the process with the name `owner` has certainly exited. */
  readonly isGone: (owner: string) => boolean;
}

/**
 * The answer to the process, and the state to store before the answer is sent. The state is null if it does not change.
 */
export interface BegunTurn {
  readonly turn: RefreshTurn;
  readonly state: RefreshState | null;
}

/** Decides how to answer a process that asks for a turn. */
export function beginTurn(login: StoredLogin | null, state: RefreshState, request: TurnRequest): BegunTurn {
  const { generation, nowMs, leaseId, owner, isGone } = request;
  if (login === null) return { turn: { kind: 'gone' }, state: null };
  // A login without tokens cannot be refreshed. The process that asks does not know yet that the tokens were lost.
  if (login.generation !== generation || login.tokens === null) return { turn: { kind: 'newer', login }, state: null };
  const { lease } = state;
  if (lease !== null && !isGone(lease.owner)) {
    const restMs = lease.grantedAtMs + LEASE_MS - nowMs;
    const wait = { kind: 'wait', forMs: Math.min(restMs, ASK_AGAIN_MS) } as const;
    // The clock was set back by an unknown amount, so the turn of the other process starts again.
    if (restMs > LEASE_MS) return { turn: wait, state: { ...state, lease: { ...lease, grantedAtMs: nowMs } } };
    if (restMs > 0) return { turn: wait, state: null };
  }
  const mayBeSpent = state.mayBeSpent || lease !== null;
  return {
    turn: { kind: 'go', leaseId, untilMs: nowMs + SEND_MS, login, mayBeSpent },
    state: { lease: { leaseId, owner, grantedAtMs: nowMs }, mayBeSpent },
  };
}

/** A login and its refresh state after a turn. `hasChanged` says whether the generation of the login changed. */
export interface EndedTurn {
  readonly login: StoredLogin;
  readonly hasChanged: boolean;
  readonly state: RefreshState;
}

/**
 * Returns what to store after a turn. Returns null if the turn was lost before it ended, because its outcome is then
 * dropped.
 */
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
