import type { LoginBinding } from '../../../../../shared/logins/login-records.ts';
import type { LoginTarget } from '../../login-target.ts';
import type { LoginBook } from '../login-book.ts';
import type { LoginSummary } from '../login-service.ts';
import { OAuthCredentials, type OAuthCredentialsDeps } from '../oauth-credentials.ts';
import type { RefreshSchedule } from '../refresh/refresh-schedule.ts';
import type { LoginEvents } from './login-events.ts';
import { summaryOf } from './login-summary.ts';

export interface LoginUsersDeps {
  readonly book: LoginBook;
  readonly schedule: RefreshSchedule;
  readonly events: LoginEvents;
  readonly isWanted: (connectorId: string) => boolean;
  readonly credentials: OAuthCredentialsDeps;
}

const PRUNE_AT = 1_024;

type Listener = (connectorIds: readonly string[]) => void;

interface User {
  readonly credentials: OAuthCredentials;
  /** The properties of the target that the credentials depend on, as JSON. */
  readonly says: string;
  /** The login that the connector had at the last check, and whether that login had tokens. */
  seen: string;
}

/** The connectors that may have a login, and the state of their logins. */
export class LoginUsers {
  readonly #deps: LoginUsersDeps;
  readonly #users = new Map<string, User>();
  readonly #byBinding = new Map<string, Set<string>>();
  readonly #listeners = new Set<Listener>();
  readonly #refreshListeners = new Set<Listener>();
  /** While changes are being collected: the ids of the connectors to report together. Otherwise null. */
  #collected: Set<string> | null = null;
  /** At this number of users (connectors that may have a login), users that are no longer needed are removed. */
  #pruneAt = PRUNE_AT;

  constructor(deps: LoginUsersDeps) {
    this.#deps = deps;
  }

  /** Returns the credentials of a target. Returns the same object while the target has the same content. */
  credentialsOf(target: LoginTarget): OAuthCredentials {
    const { connectorId } = target;
    const known = this.#users.get(connectorId);
    if (known?.credentials.target === target) return known.credentials;
    const says = JSON.stringify([target.url, target.oauth, target.isLocal, target.secretMark]);
    if (known?.says === says) {
      known.credentials.target = target;
      return known.credentials;
    }
    if (known !== undefined) this.#remove(known);
    if (this.#users.size >= this.#pruneAt) this.#prune();
    const credentials = new OAuthCredentials(target, this.#deps.credentials);
    const { bindingId } = credentials;
    const sharing = this.#byBinding.get(bindingId) ?? new Set();
    this.#byBinding.set(bindingId, sharing.add(connectorId));
    this.#users.set(connectorId, { credentials, says, seen: seenOf(credentials) });
    this.#plan(credentials);
    return credentials;
  }

  /** Returns the login target of a connector that this process has used; null for any other connector. */
  targetOf(connectorId: string): LoginTarget | null {
    return this.#users.get(connectorId)?.credentials.target ?? null;
  }

  /** Returns the summary of a target's login; null if the connector neither has nor needs a login. */
  view(target: LoginTarget): LoginSummary | null {
    const credentials = this.credentialsOf(target);
    const { binding, login, isWaiting } = credentials;
    // After a logout, the connector still needs a login.
    const hadOne = binding !== null && binding.key !== null;
    const concerns = login !== null || hadOne || isWaiting || target.oauth !== null;
    return concerns ? summaryOf(credentials) : null;
  }

  /**
   * Returns a binding and a target with which a login can be refreshed; null if no connector uses the login any more.
   * The target of a local entry takes precedence. An entry of a map with the same endpoint has no local secrets, and
   * may not connect to private addresses.
   */
  userOf(loginId: string): { readonly binding: LoginBinding; readonly target: LoginTarget } | null {
    const bindings = this.#deps.book.bindingsOf(loginId);
    const users = bindings.flatMap((binding) =>
      this.#usersOf(binding.bindingId)
        .filter((user) => this.#isWanted(user))
        .map(({ credentials }) => ({ binding, target: credentials.target })),
    );
    return users.find(({ target }) => target.isLocal) ?? users[0] ?? null;
  }

  /** Handles bindings whose login was changed, refreshed or removed. */
  changed(bindingIds: ReadonlySet<string>): void {
    const users = [...bindingIds].flatMap((bindingId) => this.#usersOf(bindingId));
    const stuck = users.filter(({ credentials }) => credentials.isStuck);
    const told = users.filter((user) => this.#look(user));
    const freed = stuck.filter((user) => !user.credentials.isStuck && !told.includes(user));
    for (const { credentials } of users) this.#plan(credentials);
    // Before the logins were first read, no request can have used a login, so no listener needs a report.
    if (this.#deps.book.isLoaded) this.#tell(told.map(({ credentials }) => credentials.target.connectorId));
    const freedIds = freed.map(({ credentials }) => credentials.target.connectorId);
    if (freedIds.length > 0) for (const listener of this.#refreshListeners) listener(freedIds);
  }

  /** Reports that a person logged in: once, for the connector and all connectors that share its binding. */
  renew(bindingId: string, connectorId: string, take: () => void): void {
    this.#collected = new Set([connectorId]);
    take();
    const told = this.#collected;
    this.#collected = null;
    for (const { credentials } of this.#usersOf(bindingId)) {
      credentials.reset();
      told.add(credentials.target.connectorId);
    }
    this.#tell([...told]);
  }

  /**
   * Runs `take`, which adds a login to the book, without a report to the listeners. The caller uses the login
   * immediately.
   */
  quietly(take: () => void): void {
    this.#collected = new Set();
    take();
    this.#collected = null;
  }

  /** Returns the number of connectors that have or need a login, by the state of the login. */
  countByState(): ReadonlyMap<LoginSummary['state'], number> {
    const counts = new Map<LoginSummary['state'], number>();
    for (const { credentials } of this.#users.values()) {
      const { state, login, isWaiting, target } = credentials;
      const concerns = login !== null || isWaiting || target.oauth !== null;
      if (concerns && this.#deps.isWanted(target.connectorId)) counts.set(state, (counts.get(state) ?? 0) + 1);
    }
    return counts;
  }

  /** Same as `LoginService.onRefreshed`. */
  onRefreshed(listener: Listener): void {
    this.#refreshListeners.add(listener);
  }

  onChange(listener: Listener): () => void {
    const own: Listener = (connectorIds) => listener(connectorIds);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  /** Returns whether a user's connector is still in use. Removes the user if not. */
  #isWanted(user: User): boolean {
    const isWanted = this.#deps.isWanted(user.credentials.target.connectorId);
    if (!isWanted) this.#remove(user);
    return isWanted;
  }

  #usersOf(bindingId: string): readonly User[] {
    return [...(this.#byBinding.get(bindingId) ?? [])].flatMap((connectorId) => this.#users.get(connectorId) ?? []);
  }

  /**
   * Updates what is known about a user. Returns whether the change must be reported to the listeners. A refresh alone
   * is not reported, unless the connector was waiting for a login.
   */
  #look(user: User): boolean {
    const { credentials } = user;
    const seen = seenOf(credentials);
    const hasChanged = seen !== user.seen;
    const wasWaiting = credentials.isWaiting;
    user.seen = seen;
    const isLost = credentials.login !== null && credentials.login.tokens === null;
    if (hasChanged && isLost && this.#deps.book.isLoaded) this.#deps.events.lost(credentials);
    // The connector has no login with tokens, so it still needs a login.
    if (isLost || credentials.login === null) return hasChanged;
    credentials.reset();
    this.#deps.events.regained(credentials);
    return hasChanged || wasWaiting;
  }

  #plan({ login }: OAuthCredentials): void {
    if (login !== null) this.#deps.schedule.plan(login.loginId);
  }

  /** Removes the connectors that are no longer in use. */
  #prune(): void {
    for (const user of [...this.#users.values()])
      if (!this.#deps.isWanted(user.credentials.target.connectorId)) this.#remove(user);
    this.#pruneAt = Math.max(PRUNE_AT, this.#users.size * 2);
  }

  #remove({ credentials }: User): void {
    const { bindingId, target } = credentials;
    this.#users.delete(target.connectorId);
    const sharing = this.#byBinding.get(bindingId);
    sharing?.delete(target.connectorId);
    if (sharing?.size === 0) this.#byBinding.delete(bindingId);
  }

  #tell(connectorIds: readonly string[]): void {
    if (this.#collected !== null) for (const connectorId of connectorIds) this.#collected.add(connectorId);
    else if (connectorIds.length > 0) for (const listener of [...this.#listeners]) listener(connectorIds);
  }
}

/** Returns a string that identifies the login and shows whether the login has tokens. */
function seenOf({ login }: OAuthCredentials): string {
  return login === null ? '' : `${login.loginId} ${login.tokens === null ? 'lost' : 'there'}`;
}
