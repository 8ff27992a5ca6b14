import { monotonicMs, type Random, type Sleep, settledWithin } from '../../../../../shared/clock.ts';
import { asSwitchyardError, SwitchyardError } from '../../../../../shared/errors.ts';
import type {
  LoginBinding,
  LoginKey,
  RefreshOutcome,
  StoredLogin,
} from '../../../../../shared/logins/login-records.ts';
import type { LoginStore } from '../../../../../shared/logins/login-store.ts';
import { recordLoginRefresh } from '../../../../observability/instruments.ts';
import type { Logger } from '../../../../observability/logger.ts';
import type { LoginTarget } from '../../login-target.ts';
import type { LoginBook } from '../login-book.ts';
import { IssuerSlots } from './issuer-slots.ts';
import type { OwnTurn, TokenRequester } from './token-requester.ts';

/**
 * Upper limit of the pause after the first failure. The limit doubles with each failure, up to MAX_BACKOFF_MS. The
 * pause is drawn at random between half of the limit and the limit.
 */
const BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 60_000;

/** Maximum wait for another process to finish its refresh. */
const MAX_WAIT_MS = 45_000;

/**
 * How long closing waits for responses. If the response to a refresh is lost, the login is lost too, because its
 * refresh token was already used up.
 */
const CLOSE_GRACE_MS = 5_000;

/** The result of a refresh. */
export type Refreshed =
  /** There are newer tokens. This process or another process obtained them. */
  | { readonly kind: 'fresh' }
  /** The tokens are lost. A person has to log in. */
  | { readonly kind: 'lost' }
  /** Nothing has changed. A later attempt may succeed. */
  | { readonly kind: 'failed'; readonly error: SwitchyardError };

export interface RefresherDeps {
  readonly store: LoginStore;
  readonly book: LoginBook;
  readonly requester: TokenRequester;
  /**
   * Returns a connector that uses the login, and the binding with which the login is refreshed; null if no connector
   * uses the login any more.
   */
  readonly userOf: (loginId: string) => { readonly binding: LoginBinding; readonly target: LoginTarget } | null;
  readonly logger: Logger;
  readonly random: Random;
  readonly sleep: Sleep;
  /** Aborts requests in progress. */
  readonly closing: AbortController;
}

interface Failure {
  readonly count: number;
  /** Time on the monotonic clock. */
  readonly untilMs: number;
  readonly error: SwitchyardError;
}

/**
 * Refreshes logins. This process makes only one refresh of a login at a time. Processes that share the store refresh a
 * login one after the other.
 */
export class Refresher {
  readonly #deps: RefresherDeps;
  readonly #slots = new IssuerSlots();
  readonly #running = new Map<string, Promise<Refreshed>>();
  readonly #failures = new Map<string, Failure>();
  /** Aborts when no further refresh may start. */
  readonly #stopping = new AbortController();

  constructor(deps: RefresherDeps) {
    this.#deps = deps;
  }

  /**
   * Gets tokens that are newer than those of `login`. Simultaneous callers share the result. After a failure, all
   * callers get the same error until the pause is over. Never rejects.
   */
  refresh(login: StoredLogin): Promise<Refreshed> {
    const { loginId } = login;
    const running = this.#running.get(loginId);
    if (running !== undefined) return running;
    const known = this.#known(login);
    if (known !== null) return Promise.resolve(known);
    const failure = this.#failures.get(loginId);
    if (failure !== undefined && monotonicMs() < failure.untilMs)
      return Promise.resolve({ kind: 'failed', error: failure.error });
    if (this.#stopping.signal.aborted) return Promise.resolve({ kind: 'failed', error: closedError() });
    const refreshing = this.#refresh(login).finally(() => this.#running.delete(loginId));
    this.#running.set(loginId, refreshing);
    return refreshing;
  }

  /**
   * Returns the milliseconds until a login whose refresh failed may be tried again; 0 if it may be tried immediately.
   */
  pauseMs(loginId: string): number {
    const failure = this.#failures.get(loginId);
    return failure === undefined ? 0 : Math.max(0, failure.untilMs - monotonicMs());
  }

  /** Resolves when no refresh of this login is in progress. Never rejects. */
  async idle(loginId: string): Promise<void> {
    await this.#running.get(loginId);
  }

  /** Starts no further refresh, and gives requests in progress some time to finish. Never rejects. */
  async close(): Promise<void> {
    this.#stopping.abort(closedError());
    await settledWithin(Promise.all(this.#running.values()), CLOSE_GRACE_MS);
    this.#deps.closing.abort(closedError());
    await Promise.all(this.#running.values());
  }

  /** Returns the outcome if the book has a newer login, or no login with this id; otherwise null. */
  #known({ loginId, generation }: StoredLogin): Refreshed | null {
    const now = this.#deps.book.login(loginId);
    if (now === null) return { kind: 'lost' };
    if (now.generation <= generation) return null;
    return { kind: now.tokens === null ? 'lost' : 'fresh' };
  }

  async #refresh(login: StoredLogin): Promise<Refreshed> {
    try {
      const refreshed = await this.#inTurn(login);
      if (refreshed.kind === 'failed') this.#failed(login, refreshed.error);
      else this.#failures.delete(login.loginId);
      return refreshed;
    } catch (error) {
      const failure = asSwitchyardError(error, 'LOGIN_FAILED');
      this.#failed(login, failure);
      return { kind: 'failed', error: failure };
    }
  }

  async #inTurn(login: StoredLogin): Promise<Refreshed> {
    const { store, book, sleep } = this.#deps;
    const { loginId, generation } = login;
    const startedMs = monotonicMs();
    while (monotonicMs() - startedMs < MAX_WAIT_MS) {
      const done = await this.#slots.run(login.key.issuer, async (): Promise<Refreshed | number> => {
        const known = this.#known(login);
        if (known !== null) return known;
        this.#stopping.signal.throwIfAborted();
        const turn = await store.beginRefresh(loginId, generation);
        switch (turn.kind) {
          case 'gone':
            book.takeLogin(loginId, null);
            return { kind: 'lost' };
          case 'newer':
            recordLoginRefresh('shared');
            book.takeLogin(loginId, turn.login);
            return { kind: turn.login.tokens === null ? 'lost' : 'fresh' };
          case 'wait':
            return turn.forMs;
          case 'go':
            return this.#take(turn);
        }
      });
      if (typeof done !== 'number') return done;
      await sleep(Math.max(10, done), this.#stopping.signal);
    }
    return { kind: 'failed', error: unreachable(login, 'another process has been refreshing it for too long') };
  }

  async #take(turn: OwnTurn): Promise<Refreshed> {
    const { book, requester, userOf, logger } = this.#deps;
    const { login, leaseId } = turn;
    const { loginId, key } = login;
    const user = userOf(loginId);
    const { outcome, error } =
      user === null
        ? { outcome: { kind: 'unspent' } as const, error: null }
        : await requester.refresh(turn, user.binding, user.target);
    recordLoginRefresh(outcome.kind === 'refreshed' || outcome.kind === 'lost' ? outcome.kind : 'failed');
    const now = await this.#end(login, leaseId, outcome);
    if (outcome.kind === 'refreshed') {
      const connectorId = user?.target.connectorId;
      logger.debug({ event: 'login-refreshed', connectorId, issuer: key.issuer }, `Refreshed a login at ${key.issuer}`);
    }
    book.takeLogin(loginId, now);
    if (outcome.kind === 'lost') await this.#forgetClient(key);
    if (now === null || now.tokens === null) return { kind: 'lost' };
    if (now.generation > login.generation) return { kind: 'fresh' };
    const why = 'reason' in outcome ? outcome.reason : undefined;
    return { kind: 'failed', error: error ?? unreachable(login, why ?? 'its issuer does not answer, or fails') };
  }

  /** Forgets a registration that the issuer may no longer know. The next login then registers again. */
  async #forgetClient({ issuer, clientId }: LoginKey): Promise<void> {
    const { store, book } = this.#deps;
    if (book.client(issuer)?.clientId !== clientId) return;
    await store.removeClient(issuer);
    book.takeClient(issuer, null);
  }

  /**
   * Stores the outcome of a refresh. New tokens that cannot be stored are still used, because the old refresh token is
   * used up.
   */
  async #end(login: StoredLogin, leaseId: string, outcome: RefreshOutcome): Promise<StoredLogin | null> {
    const { store, logger } = this.#deps;
    try {
      return await store.endRefresh(login.loginId, leaseId, outcome);
    } catch (error) {
      if (outcome.kind !== 'refreshed') throw error;
      const { code } = asSwitchyardError(error, 'STORE_UNAVAILABLE');
      const fields = { event: 'login-unsaved', code, issuer: login.key.issuer };
      logger.warn(fields, `New tokens of ${login.key.issuer} cannot be stored; they are kept in memory`);
      return { ...login, generation: login.generation + 1, tokens: outcome.tokens, lostBecause: null };
    }
  }

  #failed({ loginId }: StoredLogin, error: SwitchyardError): void {
    const count = (this.#failures.get(loginId)?.count ?? 0) + 1;
    const rangeMs = Math.min(MAX_BACKOFF_MS, BACKOFF_MS * 2 ** Math.min(count - 1, 16));
    // The pause is at least half of its upper limit, so that a failing issuer is spared.
    const pauseMs = rangeMs * (0.5 + this.#deps.random.next() / 2);
    this.#failures.set(loginId, { count, untilMs: monotonicMs() + pauseMs, error });
  }
}

function unreachable({ key }: StoredLogin, why: string): SwitchyardError {
  const message = `The login at ${key.issuer} cannot be refreshed at the moment: ${why}.`;
  return new SwitchyardError('LOGIN_FAILED', message, { detail: { issuer: key.issuer } });
}

function closedError(): SwitchyardError {
  return new SwitchyardError('CLOSED', 'The manager was closed.');
}
