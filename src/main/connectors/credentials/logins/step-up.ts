import { monotonicMs } from '../../../../shared/clock.ts';
import type { SwitchyardError } from '../../../../shared/errors.ts';
import type { StoredLogin } from '../../../../shared/logins/login-records.ts';
import type { LoginStore } from '../../../../shared/logins/login-store.ts';
import type { Challenge, Verdict } from '../credentials.ts';
import type { LoginTarget } from '../login-target.ts';
import { readChallenge } from '../oauth/challenge.ts';
import { uniteScopes } from '../oauth/scopes.ts';
import type { LoginBook } from './login-book.ts';
import { loginNeeded, machineRefused, scopesAreNotEnough } from './login-errors.ts';
import type { MachineLogins } from './machine-logins.ts';

/** How often a login with client credentials may request more scopes within STEPS_WITHIN_MS. */
const MAX_STEPS = 3;
const STEPS_WITHIN_MS = 10 * 60_000;

/** The credentials whose scopes are insufficient. */
export interface StepUpUser {
  readonly target: LoginTarget;
  readonly bindingId: string;
  readonly isMachine: boolean;
  /** The current login. */
  readonly login: StoredLogin | null;
}

export interface StepUpDeps {
  readonly store: LoginStore;
  readonly book: LoginBook;
  readonly machines: MachineLogins;
  /** Called with each refusal that can be resolved only by a person who logs in. */
  readonly onNeeded: (user: StepUpUser, error: SwitchyardError) => void;
}

/**
 * Handles a 403 that demands more scopes: requests the demanded scopes in addition to the scopes that were already
 * granted (MCP, step-up).
 */
export class StepUp {
  readonly #deps: StepUpDeps;
  /** Times (monotonic clock) at which a login with client credentials requested more scopes, by binding id. */
  readonly #steps = new Map<string, readonly number[]>();

  constructor(deps: StepUpDeps) {
    this.#deps = deps;
  }

  /** Decides what to do about a 403. Rejects as `MachineLogins.obtain` does. */
  async verdict(user: StepUpUser, challenge: Challenge): Promise<Verdict> {
    const { error, scope: asked } = readChallenge(challenge);
    if (error !== 'insufficient_scope') return { kind: 'refused', hint: null };
    const { target, bindingId, login } = user;
    const granted = login?.tokens?.scope ?? null;
    if (asked !== null && isWithin(asked, granted)) return { kind: 'refused', hint: scopesAreNotEnough(target) };
    const binding = this.#deps.book.binding(bindingId);
    const scope = uniteScopes(binding?.wantedScope ?? null, granted, asked);
    if (user.isMachine) return this.#machine(user, challenge, scope);
    let cause: unknown;
    if (binding !== null && scope !== binding.wantedScope) {
      const wanting = { ...binding, wantedScope: scope };
      this.#deps.book.takeBinding(wanting);
      // If the scopes cannot be stored for other processes, a person still has to log in.
      cause = await this.#deps.store.saveBinding(wanting).catch((error: unknown) => error);
    }
    const issuer = login?.key.issuer ?? null;
    const needed = loginNeeded(target, { issuer, status: 403, scope, wasAuthorized: login !== null }, cause);
    this.#deps.onNeeded(user, needed);
    return { kind: 'login', error: needed };
  }

  async #machine(user: StepUpUser, challenge: Challenge, scope: string | null): Promise<Verdict> {
    const { target, bindingId, login } = user;
    const nowMs = monotonicMs();
    const steps = (this.#steps.get(bindingId) ?? []).filter((atMs) => nowMs - atMs < STEPS_WITHIN_MS);
    if (steps.length >= MAX_STEPS) {
      const why = 'the server keeps demanding more scopes';
      return { kind: 'login', error: machineRefused(target, login?.key.issuer ?? null, why) };
    }
    this.#steps.set(bindingId, [...steps, nowMs]);
    await this.#deps.machines.obtain({ target, bindingId, challenge, scope });
    return { kind: 'retry' };
  }
}

/** Splits scopes at the blanks between them (RFC 6749 section 3.3). */
const scopesOf = (scope: string | null): string[] => (scope ?? '').split(' ').filter((each) => each !== '');

function isWithin(asked: string, granted: string | null): boolean {
  const had = new Set(scopesOf(granted));
  return scopesOf(asked).every((each) => had.has(each));
}
