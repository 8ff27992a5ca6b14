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

/** How often a machine asks for more scopes for one connector, and in what time. */
const MAX_STEPS = 3;
const STEPS_WITHIN_MS = 10 * 60_000;

/** Whose scopes are not enough. */
export interface StepUpUser {
  readonly target: LoginTarget;
  readonly bindingId: string;
  readonly isMachine: boolean;
  /** The login as it is known now. */
  readonly login: StoredLogin | null;
}

export interface StepUpDeps {
  readonly store: LoginStore;
  readonly book: LoginBook;
  readonly machines: MachineLogins;
  /** Told for each refusal. */
  readonly onNeeded: (user: StepUpUser, error: SwitchyardError) => void;
}

/** What to do about a 403: ask for the scopes that are granted and those that are wanted (MCP, step-up). */
export class StepUp {
  readonly #deps: StepUpDeps;
  /** When machines asked for more, on the monotonic clock, by binding. */
  readonly #steps = new Map<string, readonly number[]>();

  constructor(deps: StepUpDeps) {
    this.#deps = deps;
  }

  /** Rejects as `MachineLogins.obtain`. */
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
      // A person has to log in whether or not another process will know what for.
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
      const why = 'the server goes on asking for more scopes';
      return { kind: 'login', error: machineRefused(target, login?.key.issuer ?? null, why) };
    }
    this.#steps.set(bindingId, [...steps, nowMs]);
    await this.#deps.machines.obtain({ target, bindingId, challenge, scope });
    return { kind: 'retry' };
  }
}

/** Scopes with blanks between, as RFC 6749 section 3.3 has them. */
const scopesOf = (scope: string | null): string[] => (scope ?? '').split(' ').filter((each) => each !== '');

function isWithin(asked: string, granted: string | null): boolean {
  const had = new Set(scopesOf(granted));
  return scopesOf(asked).every((each) => had.has(each));
}
