import { type Random, startTimer, type Timer } from '../../../../../shared/clock.ts';
import type { LoginTokens, StoredLogin } from '../../../../../shared/logins/login-records.ts';

/** A token is refreshed in the background at a random moment between these two fractions of its life. */
const FROM = 0.6;
const TO = 0.85;

/**
 * The same fractions for a login that another host of the fleet normally refreshes. They are later, so that this host
 * refreshes the login only if the other host is down.
 */
const FROM_ELSEWHERE = 0.87;
const TO_ELSEWHERE = 0.97;

/**
 * Minimum age of a token before a background refresh. Without it, an issuer of very short-lived tokens could cause
 * endless requests.
 */
const LEAST_AGE_MS = 2_000;

/** An overdue refresh takes place at a random moment within this time, because many refreshes may be overdue. */
const OVERDUE_MS = 10_000;

/** A token counts as expired this long before its expiry, because a request takes a while to arrive. */
const MARGIN_MS = 10_000;

/**
 * Limits MARGIN_MS to this fraction of the token's life. Otherwise a short-lived token would count as expired too
 * early.
 */
const MARGIN_PART = 0.2;

/** Whether an access token has expired, or will expire before a request that is sent now reaches the server. */
export function isExpiring({ expiresAtMs, obtainedAtMs }: LoginTokens, nowMs: number): boolean {
  if (expiresAtMs === null) return false;
  const lifeMs = Math.max(0, expiresAtMs - obtainedAtMs);
  return nowMs >= expiresAtMs - Math.min(MARGIN_MS, lifeMs * MARGIN_PART);
}

/**
 * Returns the milliseconds until a token should be refreshed in the background. Returns null if the token's expiry is
 * unknown or past, or if its life is too short. Such a token is refreshed by the next request instead.
 */
export function refreshInMs(
  { expiresAtMs, obtainedAtMs }: LoginTokens,
  nowMs: number,
  random: Random,
  isElsewhere = false,
): number | null {
  if (expiresAtMs === null || nowMs >= expiresAtMs) return null;
  const lifeMs = expiresAtMs - obtainedAtMs;
  if (lifeMs * TO <= LEAST_AGE_MS) return null;
  const [from, to] = isElsewhere ? [FROM_ELSEWHERE, TO_ELSEWHERE] : [FROM, TO];
  const fromMs = Math.max(nowMs, obtainedAtMs + Math.max(lifeMs * from, LEAST_AGE_MS));
  const toMs = obtainedAtMs + lifeMs * to;
  if (fromMs < toMs) return fromMs + random.next() * (toMs - fromMs) - nowMs;
  return random.next() * Math.min(OVERDUE_MS, (expiresAtMs - nowMs) / 2);
}

export interface RefreshScheduleDeps {
  readonly now: () => number;
  readonly random: Random;
  /** Returns the current login; null if it was removed, or is not refreshed in the background. */
  readonly loginOf: (loginId: string) => StoredLogin | null;
  /**
   * Refreshes a login. Resolves with the pause before the next attempt in milliseconds, or with 0 after a success.
   * Never rejects.
   */
  readonly refresh: (login: StoredLogin) => Promise<number>;
}

/** Refreshes logins before they expire, each at its own random moment. */
export class RefreshSchedule {
  readonly #deps: RefreshScheduleDeps;
  readonly #timers = new Map<string, { readonly generation: number; readonly timer: Timer }>();
  #isClosed = false;

  constructor(deps: RefreshScheduleDeps) {
    this.#deps = deps;
  }

  /**
   * Schedules the refresh of the current login, or cancels the schedule of a removed login. Each generation of a login
   * is scheduled once.
   */
  plan(loginId: string): void {
    const login = this.#deps.loginOf(loginId);
    const planned = this.#timers.get(loginId);
    if (login !== null && planned?.generation === login.generation) return;
    planned?.timer.cancel();
    this.#timers.delete(loginId);
    if (login === null || login.tokens === null || this.#isClosed) return;
    const inMs = refreshInMs(login.tokens, this.#deps.now(), this.#deps.random, login.home !== undefined);
    if (inMs !== null) this.#start(login, inMs);
  }

  close(): void {
    this.#isClosed = true;
    for (const { timer } of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  #start(login: StoredLogin, inMs: number): void {
    const { loginId, generation } = login;
    const timer = startTimer(Math.max(1, inMs), () => void this.#fire(loginId, generation));
    this.#timers.set(loginId, { generation, timer });
  }

  async #fire(loginId: string, generation: number): Promise<void> {
    const login = this.#deps.loginOf(loginId);
    if (login === null || login.generation !== generation) {
      this.#timers.delete(loginId);
      this.plan(loginId);
      return;
    }
    const pauseMs = await this.#deps.refresh(login);
    if (this.#isClosed || this.#timers.get(loginId)?.generation !== generation) return;
    this.#timers.delete(loginId);
    const now = this.#deps.loginOf(loginId);
    if (now?.generation === generation && pauseMs > 0) this.#start(now, pauseMs);
    else this.plan(loginId);
  }
}
