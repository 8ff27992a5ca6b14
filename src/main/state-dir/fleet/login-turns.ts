import { randomUUID } from 'node:crypto';
import { monotonicMs } from '../../../shared/clock.ts';
import { codeOf, SwitchyardError } from '../../../shared/errors.ts';
import type { RefreshOutcome, RefreshTurn, StoredLogin } from '../../../shared/logins/login-records.ts';
import type { ReplicatedLoginStore } from '../../../shared/logins/login-store.ts';
import type { FleetLoginTurn } from '../../../shared/protocol/fleet/login-messages.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import type { LoginReplica } from './login-replica.ts';
import { LOGIN_SCOPE, type LoginIntent, type LoginRowSeals } from './login-row-seals.ts';

/** How long after its turn was asked for a host may send: half of what the turn lasts where the host is stopped. */
const SEND_MS = 2_500;

/** How long a host waits at most before it asks for the turn again. */
const ASK_AGAIN_MS = 250;

/**
 * How long after the server came back the home of a login has to say what it refreshed meanwhile: hosts come back
 * within 5 s, each at a moment of its own.
 */
const SETTLE_MS = 10_000;

/** After so long a turn of another host is none: no host has one for more than 35 s. Whoever holds it only blocks. */
const BLOCKED_MS = 36_000;

/** How often new tokens are told to a server that does not answer in time, before the turn is given back anyway. */
const TELLING_TRIES = 5;

export interface LoginTurnsDeps {
  readonly local: ReplicatedLoginStore;
  readonly fleet: Pick<Fleet, 'ask' | 'isConnected'>;
  readonly replica: LoginReplica;
  readonly seals: LoginRowSeals;
  /** Epoch ms on the clock of the local store's turns. */
  readonly leaseNow: () => number;
}

/** A turn of the fleet that this host has. */
interface HeldTurn {
  readonly turnId: string;
  /** Whether an earlier turn left its intent. */
  readonly hadIntent: boolean;
}

type OwnTurn = Extract<RefreshTurn, { kind: 'go' }>;

/**
 * Turns to refresh over all hosts: the turn of the local store, and a lease in Redis besides. While the server is away
 * only the home of a login refreshes it, the host whose store logged in or refreshed last.
 */
export class LoginTurns {
  readonly #deps: LoginTurnsDeps;
  /** By the lease of the local store. */
  readonly #held = new Map<string, HeldTurn>();
  /** What other hosts were heard to be sending. */
  readonly #intents = new Map<string, LoginIntent>();
  readonly #blockedSinceMs = new Map<string, number>();
  #backAtMs = Number.NEGATIVE_INFINITY;

  constructor(deps: LoginTurnsDeps) {
    this.#deps = deps;
  }

  /** The server was away and is back. */
  cameBack(): void {
    this.#backAtMs = monotonicMs();
  }

  /** Notes what other hosts are sending; it has to be known when the server goes away. Never rejects. */
  async hear(loginId: string): Promise<void> {
    const { fleet, seals } = this.#deps;
    try {
      const rows = await fleet.ask((api) => api.readLogins(LOGIN_SCOPE, [`intent:${loginId}`]));
      const intent = seals.openIntent(rows[0] ?? null);
      if (intent === null) this.#intents.delete(loginId);
      else this.#intents.set(loginId, intent);
    } catch (error) {
      // It is asked for again with the turn itself.
      if (codeOf(error) === null) throw error;
    }
  }

  /** As `LoginStore.beginRefresh`; rejects with LOGIN_FAILED where the server is away, and this host not the home. */
  async begin(loginId: string, generation: number): Promise<RefreshTurn> {
    const { local, fleet, replica } = this.#deps;
    const login = await replica.ownLogin(loginId);
    if (login === null || login.generation !== generation || login.tokens === null)
      return local.beginRefresh(loginId, generation);
    // A machine's own credentials serve any number of times.
    const isSpent = login.tokens.refreshToken !== null;
    if (!fleet.isConnected) return this.#alone(login, null);
    const settlingMs = this.#settlingMs();
    if (isSpent && !replica.isHome(login) && settlingMs > 0) return waitFor(settlingMs);
    const askedMs = monotonicMs();
    const turnId = randomUUID();
    let turn: FleetLoginTurn;
    try {
      turn = await fleet.ask((api) => api.beginLoginTurn(LOGIN_SCOPE, loginId, turnId));
    } catch (error) {
      // It may have been given all the same.
      this.#release(loginId, turnId, false);
      return this.#alone(login, error);
    }
    if (turn.waitMs > 0) return this.#blocked(login, turn);
    this.#blockedSinceMs.delete(loginId);
    return this.#begun(login, turn, { turnId, askedMs });
  }

  /** As `LoginStore.endRefresh`. */
  async end(loginId: string, leaseId: string, outcome: RefreshOutcome): Promise<StoredLogin | null> {
    const { replica } = this.#deps;
    const held = this.#held.get(leaseId);
    this.#held.delete(leaseId);
    const hasChanged = outcome.kind === 'refreshed' || outcome.kind === 'lost';
    let isUntold = false;
    try {
      const before = hasChanged ? await replica.ownLogin(loginId).catch(() => null) : null;
      const now = await this.#stored(loginId, leaseId, outcome, before);
      if (!hasChanged) return now;
      isUntold = !(await replica.exchange([{ kind: 'login', id: loginId }]));
      return isUntold ? now : await replica.ownLogin(loginId);
    } finally {
      const isUnsent = outcome.kind === 'unspent' && held?.hadIntent === false;
      if (held !== undefined && isUntold) void this.#tellAgain(loginId, held);
      else if (held !== undefined) this.#release(loginId, held.turnId, isUnsent);
    }
  }

  /** Keeps the turn meanwhile: whoever had it next would send the tokens that are spent. Never rejects. */
  async #tellAgain(loginId: string, { turnId }: HeldTurn): Promise<void> {
    const { fleet, replica } = this.#deps;
    for (let tries = 1; tries < TELLING_TRIES && fleet.isConnected; tries += 1)
      if (await replica.exchange([{ kind: 'login', id: loginId }])) break;
    this.#release(loginId, turnId, false);
  }

  /** Tokens that the local store cannot keep are given to the fleet: the old ones are spent. */
  async #stored(
    loginId: string,
    leaseId: string,
    outcome: RefreshOutcome,
    before: StoredLogin | null,
  ): Promise<StoredLogin | null> {
    const { local, replica } = this.#deps;
    try {
      return await local.endRefresh(loginId, leaseId, outcome);
    } catch (error) {
      if (outcome.kind === 'refreshed' && before !== null) {
        const { key, generation } = before;
        const value = { key, tokens: outcome.tokens, lostBecause: null };
        await replica.give({ kind: 'login', id: loginId, generation: generation + 1, value });
      }
      throw error;
    }
  }

  /** This host has the turn of the fleet: takes what is newer there, then the turn of the local store. */
  async #begun(
    login: StoredLogin,
    turn: FleetLoginTurn,
    { turnId, askedMs }: { readonly turnId: string; readonly askedMs: number },
  ): Promise<RefreshTurn> {
    const { local, fleet, replica, seals, leaseNow } = this.#deps;
    const { loginId, generation } = login;
    const theirs = turn.login === null ? null : seals.open(turn.login);
    const isHome = replica.isHome(login);
    const isSpent = login.tokens?.refreshToken !== null;
    if (theirs === null || theirs.generation !== generation) {
      const isTaken = await replica.exchange([{ kind: 'login', id: loginId }]);
      // What this host has is spent, or the home may know of a newer one and be on its way back.
      const isOlder = !isTaken && theirs !== null && theirs.generation > generation;
      if (isOlder || (theirs === null && !isHome && isSpent)) {
        this.#release(loginId, turnId, false);
        return waitFor(Math.max(ASK_AGAIN_MS, this.#settlingMs()));
      }
    }
    const own = await local.beginRefresh(loginId, generation);
    if (own.kind !== 'go') {
      this.#release(loginId, turnId, false);
      return own;
    }
    const left = seals.openIntent(turn.intent);
    const hadIntent = left?.generation === generation;
    const held = { turnId, hadIntent };
    const intent = seals.sealIntent(loginId, { generation, by: replica.storeId ?? '' });
    try {
      const isMarked = await fleet.ask((api) => api.markLoginTurn(LOGIN_SCOPE, loginId, turnId, intent));
      if (!isMarked) return await this.#giveUp(own, held);
    } catch (error) {
      if (!isHome && isSpent) {
        await this.#giveUp(own, held);
        throw awayError(login, error);
      }
    }
    this.#held.set(own.leaseId, held);
    const sendUntilMs = leaseNow() + SEND_MS - (monotonicMs() - askedMs);
    return { ...own, sendUntilMs, mayBeSpent: own.mayBeSpent || hadIntent };
  }

  async #giveUp({ login: { loginId }, leaseId }: OwnTurn, { turnId, hadIntent }: HeldTurn): Promise<RefreshTurn> {
    await this.#deps.local.endRefresh(loginId, leaseId, { kind: 'unspent' });
    this.#release(loginId, turnId, !hadIntent);
    return waitFor(ASK_AGAIN_MS);
  }

  /** Another host has the turn. */
  async #blocked(login: StoredLogin, { waitMs, login: sealed }: FleetLoginTurn): Promise<RefreshTurn> {
    const { replica } = this.#deps;
    const { loginId, generation } = login;
    if (sealed !== null && sealed.generation > generation) await replica.exchange([{ kind: 'login', id: loginId }]);
    const nowMs = monotonicMs();
    const sinceMs = this.#blockedSinceMs.get(loginId) ?? nowMs;
    this.#blockedSinceMs.set(loginId, sinceMs);
    if (nowMs - sinceMs > BLOCKED_MS && replica.isHome(login)) return this.#alone(login, null);
    return waitFor(waitMs);
  }

  /** Without the server: the home refreshes, unless another host was heard to do so. */
  #alone(login: StoredLogin, cause: unknown): Promise<RefreshTurn> {
    const { local, replica } = this.#deps;
    const { loginId, generation, tokens } = login;
    const intent = this.#intents.get(loginId);
    const isOthers = intent?.generation === generation && intent.by !== replica.storeId;
    const isFree = tokens !== null && tokens.refreshToken === null;
    if (isFree || (replica.isHome(login) && !isOthers)) return local.beginRefresh(loginId, generation);
    throw awayError(login, cause);
  }

  #settlingMs(): number {
    const fromMs = Math.max(this.#backAtMs, this.#deps.replica.lackedAtMs ?? Number.NEGATIVE_INFINITY);
    return Math.max(0, fromMs + SETTLE_MS - monotonicMs());
  }

  /** Does not wait: a turn that is not given back lapses. */
  #release(loginId: string, turnId: string, isUnsent: boolean): void {
    const { fleet } = this.#deps;
    fleet.ask((api) => api.endLoginTurn(LOGIN_SCOPE, loginId, turnId, isUnsent)).catch(() => {});
  }
}

function waitFor(ms: number): RefreshTurn {
  return { kind: 'wait', forMs: Math.min(Math.max(1, ms), ASK_AGAIN_MS) };
}

function awayError({ key }: StoredLogin, cause: unknown): SwitchyardError {
  const message =
    `The login at ${key.issuer} cannot be refreshed here while the server of the fleet is away: ` +
    'the host that refreshed it last does so meanwhile. It is taken from there once the server is back.';
  return new SwitchyardError('LOGIN_FAILED', message, { cause, detail: { issuer: key.issuer } });
}
