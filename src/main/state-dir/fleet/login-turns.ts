import { randomUUID } from 'node:crypto';
import { monotonicMs } from '../../../shared/clock.ts';
import { codeOf, SwitchyardError } from '../../../shared/errors.ts';
import type { RefreshOutcome, RefreshTurn, StoredLogin } from '../../../shared/logins/login-records.ts';
import type { ReplicatedLoginStore } from '../../../shared/logins/login-store.ts';
import type { FleetLoginTurn } from '../../../shared/protocol/fleet/login-messages.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import type { LoginReplica } from './login-replica.ts';
import { LOGIN_SCOPE, type LoginIntent, type LoginRowSeals } from './login-row-seals.ts';

/** How long after requesting a turn a host may use it: half of a turn's lifetime, in case the process was suspended. */
const SEND_MS = 2_500;

/** Maximum time before a waiting host requests the turn again. */
const ASK_AGAIN_MS = 250;

/**
 * After the server came back, the home of a login has this much time to report its refreshes. Each host reconnects at a
 * random time within 5 s.
 */
const SETTLE_MS = 10_000;

/** A turn of another host that lasts longer is ignored: no working host holds a turn for more than 35 s. */
const BLOCKED_MS = 36_000;

/** How many times new tokens are sent to a server that does not respond. Then the turn is returned nevertheless. */
const TELLING_TRIES = 5;

export interface LoginTurnsDeps {
  readonly local: ReplicatedLoginStore;
  readonly fleet: Pick<Fleet, 'ask' | 'isConnected'>;
  readonly replica: LoginReplica;
  readonly seals: LoginRowSeals;
  /** Returns the time in epoch ms, on the clock that the local store uses for turns. */
  readonly leaseNow: () => number;
}

/** A turn of the fleet that this host holds. */
interface HeldTurn {
  readonly turnId: string;
  /** Whether an earlier turn left its intent. */
  readonly hadIntent: boolean;
}

type OwnTurn = Extract<RefreshTurn, { kind: 'go' }>;

/**
 * Turns to refresh, across all hosts: the turn of the local store plus a lease in Redis. While the server is
 * unreachable, only the home of a login refreshes it: the host whose store logged in or refreshed last.
 */
export class LoginTurns {
  readonly #deps: LoginTurnsDeps;
  /** Held turns, by the lease of the local store. */
  readonly #held = new Map<string, HeldTurn>();
  /** The last known intents of other hosts. */
  readonly #intents = new Map<string, LoginIntent>();
  readonly #blockedSinceMs = new Map<string, number>();
  #backAtMs = Number.NEGATIVE_INFINITY;

  constructor(deps: LoginTurnsDeps) {
    this.#deps = deps;
  }

  /** Notes that the server is reachable again. */
  cameBack(): void {
    this.#backAtMs = monotonicMs();
  }

  /** Reads what another host is about to send, so that it is known if the server becomes unreachable. Never rejects. */
  async hear(loginId: string): Promise<void> {
    const { fleet, seals } = this.#deps;
    try {
      const rows = await fleet.ask((api) => api.readLogins(LOGIN_SCOPE, [`intent:${loginId}`]));
      const intent = seals.openIntent(rows[0] ?? null);
      if (intent === null) this.#intents.delete(loginId);
      else this.#intents.set(loginId, intent);
    } catch (error) {
      // The intent is read again together with the turn.
      if (codeOf(error) === null) throw error;
    }
  }

  /** Like `LoginStore.beginRefresh`. Without the server, rejects with LOGIN_FAILED if this host is not the home. */
  async begin(loginId: string, generation: number): Promise<RefreshTurn> {
    const { local, fleet, replica } = this.#deps;
    const login = await replica.ownLogin(loginId);
    if (login === null || login.generation !== generation || login.tokens === null)
      return local.beginRefresh(loginId, generation);
    // A machine's own credentials can be used any number of times.
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
      // The server may have granted the turn although its response is missing.
      this.#release(loginId, turnId, false);
      return this.#alone(login, error);
    }
    if (turn.waitMs > 0) return this.#blocked(login, turn);
    this.#blockedSinceMs.delete(loginId);
    return this.#begun(login, turn, { turnId, askedMs });
  }

  /** Like `LoginStore.endRefresh`. */
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

  /** Shares new tokens again, and keeps the turn meanwhile: its next holder would send spent tokens. Never rejects. */
  async #tellAgain(loginId: string, { turnId }: HeldTurn): Promise<void> {
    const { fleet, replica } = this.#deps;
    for (let tries = 1; tries < TELLING_TRIES && fleet.isConnected; tries += 1)
      if (await replica.exchange([{ kind: 'login', id: loginId }])) break;
    this.#release(loginId, turnId, false);
  }

  /** Stores the outcome. The fleet gets tokens that the local store cannot keep, because the old tokens are spent. */
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

  /** Runs when this host has the fleet's turn: takes newer rows from the fleet, then the local store's turn. */
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
      // This host's tokens are spent, or the home may have newer ones and reconnect soon.
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

  /** Waits, because another host has the turn. */
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

  /** Decides without the server: the home refreshes, unless another host is known to do so. */
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

  /** Returns the turn without waiting: a turn that is not returned expires. */
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
    `The login at ${key.issuer} cannot be refreshed here while the server of the fleet is unreachable: ` +
    'the host that refreshed it last does so meanwhile, and its result is taken once the server is back.';
  return new SwitchyardError('LOGIN_FAILED', message, { cause, detail: { issuer: key.issuer } });
}
