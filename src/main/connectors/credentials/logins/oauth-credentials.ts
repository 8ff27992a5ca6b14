import { raceSignal } from '../../../../shared/clock.ts';
import { asSwitchyardError, SwitchyardError } from '../../../../shared/errors.ts';
import {
  bindingIdOf,
  type LoginBinding,
  type LoginTokens,
  type StoredLogin,
} from '../../../../shared/logins/login-records.ts';
import type { Challenge, Credentials, Verdict } from '../credentials.ts';
import type { LoginTarget } from '../login-target.ts';
import { bearerOf, readChallenge } from '../oauth/challenge.ts';
import { isSameIssuer } from '../oauth/endpoint-rules.ts';
import type { Discoveries } from './discoveries.ts';
import type { LoginBook } from './login-book.ts';
import { bothWays, loginNeeded, machineRefused, type NeededLogin, unsupportedLogin } from './login-errors.ts';
import type { LoginSummary } from './login-service.ts';
import type { MachineLogins } from './machine-logins.ts';
import { isExpiring } from './refresh/refresh-schedule.ts';
import type { Refresher } from './refresh/refresher.ts';
import type { StepUp } from './step-up.ts';

/** Time after a refresh that a 401 caused. During this time, another 401 causes no further refresh. */
const RENEWED_MS = 10_000;

const NONE: readonly string[] = [];
const RETRY: Verdict = { kind: 'retry' };

export interface OAuthCredentialsDeps {
  readonly book: LoginBook;
  readonly refresher: Refresher;
  readonly machines: MachineLogins;
  readonly discoveries: Discoveries;
  readonly stepUp: StepUp;
  readonly now: () => number;
  /** Called with each refusal that can be resolved only by a person who logs in. */
  readonly onNeeded: (credentials: OAuthCredentials, error: SwitchyardError) => void;
}

/** The credentials of a connector that may need a login: the access token of the login, if there is one. */
export class OAuthCredentials implements Credentials {
  /** The current login target. Its secrets may have changed even if its entry has the same content. */
  target: LoginTarget;
  readonly bindingId: string;
  readonly #deps: OAuthCredentialsDeps;
  #headers: { readonly token: string; readonly list: readonly string[] } | null = null;
  /** The challenge of the last 401, which says where to log in. */
  challenge: Challenge | null = null;
  /** Set while a login is needed. `issuer` is the issuer at which to log in; null if it is not known. */
  wanted: { readonly issuer: string | null } | null = null;
  /** Whether a request was refused because the login could not be refreshed at the moment. */
  isStuck = false;
  /** The generation of the login whose token the server refused right after a refresh. */
  #refusedGeneration: number | null = null;
  /** The login's generation after the last refresh that a 401 caused, and the time of that refresh. */
  #renewed: { readonly generation: number; readonly atMs: number } | null = null;

  constructor(target: LoginTarget, deps: OAuthCredentialsDeps) {
    this.target = target;
    this.bindingId = bindingIdOf(target.url.href, target.oauth?.clientId ?? null);
    this.#deps = deps;
  }

  /** Whether the connector logs in without a person (client credentials). */
  get isMachine(): boolean {
    return this.target.oauth?.grant === 'client_credentials';
  }

  /** The facts that the connector's last login established; null before the first login. */
  get binding(): LoginBinding | null {
    return this.#deps.book.binding(this.bindingId);
  }

  /** The current login; null if the entry now requires another issuer or another kind of login. */
  get login(): StoredLogin | null {
    const { binding } = this;
    const login = this.#deps.book.loginOf(this.bindingId);
    if (login === null || binding === null) return login;
    const issuer = this.target.oauth?.issuer;
    const isOther = issuer !== undefined && !isSameIssuer(issuer, login.key.issuer);
    return isOther || (binding.grant === 'client_credentials') !== this.isMachine ? null : login;
  }

  /** Whether a login is needed before requests can succeed. */
  get isWaiting(): boolean {
    return this.wanted !== null;
  }

  /** The state of the login, in the terms of `LoginSummary`. */
  get state(): LoginSummary['state'] {
    const { login } = this;
    if (login === null) return 'none';
    const { tokens, generation } = login;
    if (tokens === null || generation === this.#refusedGeneration) return 'lost';
    const isOver = tokens.refreshToken === null && !this.isMachine && isExpiring(tokens, this.#deps.now());
    return isOver ? 'lost' : 'logged-in';
  }

  /** Resets the state after a login was added, changed or removed. */
  reset(): void {
    this.wanted = null;
    this.isStuck = false;
    this.#refusedGeneration = null;
  }

  headers(signal: AbortSignal | null): readonly string[] | Promise<readonly string[]> {
    // The entry requires an unsupported kind of login, so the token of another login would not help.
    if (this.target.oauth?.unsupported !== undefined) return NONE;
    if (!this.#deps.book.isLoaded) return this.#loaded(signal);
    const { login } = this;
    if (login === null) return this.isMachine ? this.#firstToken(signal) : NONE;
    const { tokens } = login;
    if (tokens === null) return NONE;
    if (!isExpiring(tokens, this.#deps.now())) return this.#bearer(tokens);
    // The token cannot be refreshed. It is sent although it is expiring, and the server decides whether to accept it.
    if (tokens.refreshToken === null && !this.isMachine) return this.#bearer(tokens);
    return this.#refreshed(login, signal);
  }

  async refused(challenge: Challenge, sent: readonly string[], signal: AbortSignal | null): Promise<Verdict> {
    try {
      return await race(this.#verdict(challenge, bearerOf(sent)), signal);
    } catch (error) {
      signal?.throwIfAborted();
      return { kind: 'login', error: asSwitchyardError(error, 'LOGIN_FAILED') };
    }
  }

  async #loaded(signal: AbortSignal | null): Promise<readonly string[]> {
    await race(this.#deps.book.load(), signal);
    return this.headers(signal);
  }

  /** Returns no headers if no token can be obtained. The server then refuses the request and says what it requires. */
  async #firstToken(signal: AbortSignal | null): Promise<readonly string[]> {
    const { target, bindingId } = this;
    const obtained = this.#deps.machines.obtain({ target, bindingId, challenge: null, scope: null });
    await race(
      obtained.catch(() => {}),
      signal,
    );
    return this.#present();
  }

  async #refreshed(login: StoredLogin, signal: AbortSignal | null): Promise<readonly string[]> {
    await race(this.#deps.refresher.refresh(login), signal);
    return this.#present();
  }

  #present(): readonly string[] {
    const tokens = this.login?.tokens ?? null;
    return tokens === null ? NONE : this.#bearer(tokens);
  }

  #bearer({ accessToken }: LoginTokens): readonly string[] {
    if (this.#headers?.token !== accessToken)
      this.#headers = { token: accessToken, list: ['authorization', `Bearer ${accessToken}`] };
    return this.#headers.list;
  }

  async #verdict(challenge: Challenge, used: string | null): Promise<Verdict> {
    const unsupported = unsupportedLogin(this.target.connectorId, this.target.oauth);
    if (unsupported !== null) return { kind: 'login', error: unsupported };
    await this.#deps.book.ensure();
    const { login } = this;
    const tokens = login?.tokens ?? null;
    // Another request, or another process, may have got a newer token since this request was sent.
    if (tokens !== null && tokens.accessToken !== used && !isExpiring(tokens, this.#deps.now())) return RETRY;
    // A DELETE only ends a session, which may belong to another login. It must not cause a new login.
    if (challenge.method === 'DELETE') return { kind: 'refused', hint: null };
    if (challenge.status === 403) return this.#deps.stepUp.verdict(this, challenge);
    this.challenge = challenge;
    if (this.isMachine) return this.#machineRefused(challenge, login);
    if (login === null) return this.#withoutLogin(challenge);
    return this.#withLogin(challenge, login);
  }

  async #machineRefused(challenge: Challenge, login: StoredLogin | null): Promise<Verdict> {
    const { machines, refresher, now } = this.#deps;
    const { target, bindingId } = this;
    if (login === null || login.tokens === null) {
      await machines.obtain({ target, bindingId, challenge, scope: null });
      return RETRY;
    }
    const { issuer } = login.key;
    if (this.#wasJustRenewed(login, challenge))
      return { kind: 'login', error: machineRefused(target, issuer, `the server refuses the token of ${issuer}`) };
    const refreshed = await refresher.refresh(login);
    if (refreshed.kind === 'failed') return { kind: 'login', error: refreshed.error };
    this.#renewed = { generation: this.login?.generation ?? 0, atMs: now() };
    return RETRY;
  }

  async #withLogin(challenge: Challenge, login: StoredLogin): Promise<Verdict> {
    const { refresher, now } = this.#deps;
    const { tokens, key } = login;
    const scope = readChallenge(challenge).scope;
    const needed = { issuer: key.issuer, status: 401, scope, wasAuthorized: true };
    if (tokens === null || tokens.refreshToken === null) return this.#needed(needed);
    if (this.#wasJustRenewed(login, challenge)) {
      this.#refusedGeneration = login.generation;
      return this.#needed(needed);
    }
    const refreshed = await refresher.refresh(login);
    if (refreshed.kind === 'lost') return this.#needed(needed);
    this.isStuck = refreshed.kind === 'failed';
    if (refreshed.kind === 'failed') return { kind: 'login', error: refreshed.error };
    this.#renewed = { generation: this.login?.generation ?? 0, atMs: now() };
    return RETRY;
  }

  async #withoutLogin(challenge: Challenge): Promise<Verdict> {
    const { target } = this;
    const { schemes, scope } = readChallenge(challenge);
    const isNamed = schemes.includes('bearer') || target.oauth !== null;
    const hint = bothWays(target);
    try {
      const { issuer, metadata, resourceMetadata } = await this.#deps.discoveries.find(target, challenge);
      const isFound = metadata !== null || resourceMetadata !== null;
      if (!isFound && !isNamed) return { kind: 'refused', hint };
      return this.#needed({ issuer: isFound ? issuer : null, status: 401, scope, wasAuthorized: false });
    } catch (error) {
      // True if the network failed and nothing indicates that the server supports logins.
      const isUnknown = error instanceof SwitchyardError && error.code === 'LOGIN_FAILED' && !isNamed;
      if (isUnknown) return { kind: 'refused', hint };
      throw error;
    }
  }

  #needed(needed: NeededLogin): Verdict {
    const error = loginNeeded(this.target, needed);
    this.wanted = { issuer: needed.issuer };
    this.#deps.onNeeded(this, error);
    return { kind: 'login', error };
  }

  #wasJustRenewed({ generation, tokens }: StoredLogin, { resends }: Challenge): boolean {
    const renewed = this.#renewed;
    if (renewed?.generation !== generation) return false;
    // In the second half of the token's life, the server may already consider the token expired, because clocks differ.
    const ageMs = Math.abs(this.#deps.now() - renewed.atMs);
    if (tokens?.expiresAtMs != null && ageMs > (tokens.expiresAtMs - tokens.obtainedAtMs) / 2) return false;
    return resends > 0 || ageMs < RENEWED_MS;
  }
}

/** Settles as `work` does, or rejects with the signal's reason if the signal aborts first. */
function race<T>(work: Promise<T>, signal: AbortSignal | null): Promise<T> {
  return signal === null ? work : raceSignal(work, signal);
}
