import { randomUUID } from 'node:crypto';
import { monotonicMs } from '../../../shared/clock.ts';
import { codeOf, SwitchyardError } from '../../../shared/errors.ts';
import type { RefreshOutcome, RefreshTurn, StoredLogin } from '../../../shared/logins/login-records.ts';
import type { ReplicatedLoginStore } from '../../../shared/logins/login-store.ts';
import type { FleetLoginTurn } from '../../../shared/protocol/fleet/login-messages.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import type { LoginReplica } from './login-replica.ts';
import { LOGIN_SCOPE, type LoginIntent, type LoginRowSeals } from './login-row-seals.ts';

/** How long after its request a host may use a turn: half of the turn's lifetime, as the process may be suspended. */
const SEND_MS = 2_500;

/** Maximum time before a host that waits for a turn requests it again. */
const ASK_AGAIN_MS = 250;

/**
 * After the Redis server is reachable again, other hosts wait this long for reports from the host that refreshed a
 * login last. Each host reconnects at a random time within 5 s.
 */
const SETTLE_MS = 10_000;

/** How long the host that refreshed a login last waits for another host's turn, which normally ends within 35 s. */
const BLOCKED_MS = 36_000;

/** Maximum number of attempts to send new tokens to the fleet. After these attempts, the turn is returned anyway. */
const TELLING_TRIES = 5;

export interface LoginTurnsDeps {
  readonly local: ReplicatedLoginStore;
  readonly fleet: Pick<Fleet, 'ask' | 'isConnected'>;
  readonly replica: LoginReplica;
  readonly seals: LoginRowSeals;
  /** Returns the time in epoch milliseconds, on the clock that the local store uses for refresh turns. */
  readonly leaseNow: () => number;
}

/** A turn that the fleet has given to this host. */
interface HeldTurn {
  readonly turnId: string;
  /** Whether an earlier turn left an intent. If so, its host may have sent the refresh token. */
  readonly hadIntent: boolean;
}

type OwnTurn = Extract<RefreshTurn, { kind: 'go' }>;

/**
 * Ensures that one host at a time refreshes a login. The host needs a turn in its local store and a lease in Redis.
 * While Redis is unreachable, only the home of a login refreshes it: the host that logged in or refreshed last.
 */
export class LoginTurns {
  readonly #deps: LoginTurnsDeps;
  /** The turns of this host, by the lease id of the local store. */
  readonly #held = new Map<string, HeldTurn>();
  /** The last known intents of other hosts, by login id. */
  readonly #intents = new Map<string, LoginIntent>();
  readonly #blockedSinceMs = new Map<string, number>();
  #backAtMs = Number.NEGATIVE_INFINITY;

  constructor(deps: LoginTurnsDeps) {
    this.#deps = deps;
  }

  /** Records that the Redis server is reachable again. */
  cameBack(): void {
    this.#backAtMs = monotonicMs();
  }

  /** Reads the intent of another host while the Redis server is still reachable. Never rejects. */
  async hear(loginId: string): Promise<void> {
    const { fleet, seals } = this.#deps;
    try {
      const rows = await fleet.ask((api) => api.readLogins(LOGIN_SCOPE, [`intent:${loginId}`]));
      const intent = seals.openIntent(rows[0] ?? null);
      if (intent === null) this.#intents.delete(loginId);
      else this.#intents.set(loginId, intent);
    } catch (error) {
      // The error does not matter, because the intent is read again together with the turn.
      if (codeOf(error) === null) throw error;
    }
  }

  /** Implements `LoginStore.beginRefresh`. Without Redis, rejects with LOGIN_FAILED if another host refreshed last. */
  async begin(loginId: string, generation: number): Promise<RefreshTurn> {
    const { local, fleet, replica } = this.#deps;
    const login = await replica.ownLogin(loginId);
    if (login === null || login.generation !== generation || login.tokens === null)
      return local.beginRefresh(loginId, generation);
    // A login without a refresh token is renewed with credentials that can be used repeatedly.
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
      // Redis may have granted the turn, even if its response did not arrive.
      this.#release(loginId, turnId, false);
      return this.#alone(login, error);
    }
    if (turn.waitMs > 0) return this.#blocked(login, turn);
    this.#blockedSinceMs.delete(loginId);
    return this.#begun(login, turn, { turnId, askedMs });
  }

  /** Implements `LoginStore.endRefresh`. */
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

  /** Sends the new tokens again before returning the turn, so that no host sends used tokens. Never rejects. */
  async #tellAgain(loginId: string, { turnId }: HeldTurn): Promise<void> {
    const { fleet, replica } = this.#deps;
    for (let tries = 1; tries < TELLING_TRIES && fleet.isConnected; tries += 1)
      if (await replica.exchange([{ kind: 'login', id: loginId }])) break;
    this.#release(loginId, turnId, false);
  }

  /** Stores the outcome. Tokens that the local store cannot save go to the fleet, as the old ones are used up. */
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

  /** Continues once the fleet has given this host a turn, and requests a turn in the local store. */
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
      // Either the tokens of this host are used up, or the home may have newer tokens and reconnect soon.
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
    const hadIntent = seals.openIntent(turn.intent)?.generation === generation;
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

  /** Waits while another host has the turn. If that lasts too long, the home refreshes without the turn. */
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

  /** Decides without Redis. The home may refresh, unless another host has or may have started a refresh. */
  async #alone(login: StoredLogin, cause: unknown): Promise<RefreshTurn> {
    const { local, replica } = this.#deps;
    const { loginId, generation, tokens } = login;
    const intent = this.#intents.get(loginId);
    const isOthers = intent?.generation === generation && intent.by !== replica.storeId;
    const isSpent = tokens?.refreshToken !== null;
    if (isSpent && replica.mayBeBehind()) return waitFor(ASK_AGAIN_MS);
    if (isSpent && (isOthers || !replica.isHome(login))) throw awayError(login, cause);
    return local.beginRefresh(loginId, generation);
  }

  #settlingMs(): number {
    const fromMs = Math.max(this.#backAtMs, this.#deps.replica.lackedAtMs ?? Number.NEGATIVE_INFINITY);
    return Math.max(0, fromMs + SETTLE_MS - monotonicMs());
  }

  /** Returns the turn without waiting for the response. A turn that is not returned expires. */
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
    `This host cannot refresh the login at ${key.issuer} while the fleet's server is unreachable. ` +
    'The host that refreshed the login last can still refresh it, and later shares the result with this host.';
  return new SwitchyardError('LOGIN_FAILED', message, { cause, detail: { issuer: key.issuer } });
}
