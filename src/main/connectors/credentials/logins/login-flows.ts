import { deadline } from '../../../../shared/clock.ts';
import { asSwitchyardError, SwitchyardError } from '../../../../shared/errors.ts';
import { bindingIdOf, type LoginBinding, type LoginClient } from '../../../../shared/logins/login-records.ts';
import type { LoginStore } from '../../../../shared/logins/login-store.ts';
import type { Challenge } from '../credentials.ts';
import type { LoginTarget } from '../login-target.ts';
import { readChallenge } from '../oauth/challenge.ts';
import type { LoginDiscovery } from '../oauth/login-discovery.ts';
import type { Discoveries } from './discoveries.ts';
import type { LoginBook } from './login-book.ts';
import { unsupportedLogin } from './login-errors.ts';
import type { LoginProtocol } from './login-protocol.ts';
import type { StartedLogin, StartLoginOptions } from './login-service.ts';
import { LOGIN_TTL_MS, type PendingLogin, PendingLogins } from './pending-logins.ts';
import type { Refresher } from './refresh/refresher.ts';

/**
 * Time limit for an issuer to revoke tokens. It is short because a person waits, and the tokens are forgotten even if
 * revoking them fails.
 */
const REVOKE_MS = 5_000;

export interface LoginFlowsDeps {
  readonly store: LoginStore;
  readonly book: LoginBook;
  readonly discoveries: Discoveries;
  readonly refresher: Refresher;
  readonly protocol: () => Promise<LoginProtocol>;
  readonly now: () => number;
  /** Returns the login target of a connector that this process has used; null for any other connector. */
  readonly targetOf: (connectorId: string) => LoginTarget | null;
  /** Called when a person logged in. `take` adds the login to the login book. */
  readonly onLogin: (target: LoginTarget, binding: LoginBinding, take: () => void) => void;
  /** Aborts requests in progress. */
  readonly closing: AbortSignal;
}

/** The steps of a login that a person makes: starting the login, returning from the issuer, and logging out. */
export class LoginFlows {
  readonly #deps: LoginFlowsDeps;
  readonly #pending: PendingLogins;

  constructor(deps: LoginFlowsDeps) {
    this.#deps = deps;
    this.#pending = new PendingLogins(deps.now);
  }

  /** Same as `LoginService.start`; `challenge` is the connector's last refusal. */
  async start(target: LoginTarget, options: StartLoginOptions, challenge: Challenge | null): Promise<StartedLogin> {
    const { book, discoveries, now } = this.#deps;
    const { connectorId, oauth } = target;
    if (oauth?.grant === 'client_credentials') {
      const why = `Connector ${connectorId} logs in automatically (client_credentials). No person has to log in.`;
      throw new SwitchyardError('LOGIN_UNSUPPORTED', why, { detail: { connectorId } });
    }
    const unsupported = unsupportedLogin(connectorId, oauth);
    if (unsupported !== null) throw unsupported;
    await book.ensure();
    const protocol = await this.#deps.protocol();
    const discovery = await discoveries.renew(target, challenge);
    const asked = challenge === null ? null : readChallenge(challenge).scope;
    const wanted = book.binding(bindingIdFor(target))?.wantedScope ?? null;
    const scope = protocol.chooseScope(target, discovery, wanted, asked, 'person');
    const { redirectUrl } = options;
    const client = await this.#identify(protocol, target, discovery, { ...options, scope });
    const state = PendingLogins.newState();
    const { url, codeVerifier } = await protocol.prepareAuthorization(discovery, client, { redirectUrl, scope, state });
    const expiresAtMs = now() + LOGIN_TTL_MS;
    this.#pending.add(state, { target, discovery, client, redirectUrl, codeVerifier, scope, expiresAtMs });
    const plain = {
      connectorId,
      discovery: protocol.packDiscovery(discovery),
      client,
      redirectUrl,
      codeVerifier,
      scope,
    };
    await this.#deps.store.keepPending?.(state, plain, LOGIN_TTL_MS);
    const { issuer, resource } = discovery;
    return { connectorId, authorizationUrl: url.href, state, issuer, resource, scope, expiresAt: expiresAtMs };
  }

  /** Same as `LoginService.finish`; resolves with the connector's id. */
  async finish(parameters: URLSearchParams): Promise<string> {
    const protocol = await this.#deps.protocol();
    const login = await this.#taken(protocol, parameters.get('state'));
    const { target, discovery, client, redirectUrl, codeVerifier, scope } = login;
    const request = this.#deps.discoveries.requestFor(target);
    const code = protocol.codeOfRedirect(parameters, discovery);
    const iss = parameters.get('iss');
    const redeemed = { code, codeVerifier, redirectUrl, iss, scope };
    const tokens = await protocol.redeemCode(request, discovery, client, redeemed);
    const binding = this.#bindingOf(login, protocol.packDiscovery(discovery));
    const { store, book, onLogin } = this.#deps;
    const before = book.loginOf(binding.bindingId);
    await store.saveBinding(binding);
    const saved = await store.saveLogin(binding.key, tokens);
    onLogin(target, binding, () => {
      book.takeBinding(binding);
      book.takeLogin(saved.loginId, saved);
    });
    if (before !== null && before.loginId !== saved.loginId) await this.#forgetUnused(before.loginId);
    return target.connectorId;
  }

  /** Same as `LoginService.logout`. */
  async logout(target: LoginTarget): Promise<boolean> {
    const { store, book, refresher } = this.#deps;
    await book.ensure();
    await book.read();
    const bindingId = bindingIdFor(target);
    const loginId = book.loginOf(bindingId)?.loginId;
    if (loginId === undefined) {
      await this.#unbind(bindingId);
      return false;
    }
    // If a refresh in progress ended later, its new token would never be revoked.
    await refresher.idle(loginId);
    await this.#revoke(target, bindingId);
    const removed = await store.removeLogin(loginId);
    book.takeLogin(loginId, null);
    await this.#unbind(bindingId);
    return removed !== null;
  }

  /** Forgets the logins in progress. */
  close(): void {
    this.#pending.clear();
  }

  /**
   * Returns the pending login that a redirect finishes, even if the login began on another host of the fleet. Throws
   * LOGIN_EXPIRED.
   */
  async #taken(protocol: LoginProtocol, state: string | null): Promise<PendingLogin> {
    const { store, now, targetOf } = this.#deps;
    const isHere = this.#pending.has(state);
    const login = isHere ? this.#pending.take(state) : null;
    // The pending login is in any case removed from the fleet's store, so that no second redirect can finish it on
    // another host.
    const kept = state === null ? null : ((await store.takePending?.(state)) ?? null);
    if (login !== null) return login;
    const target = kept === null ? null : targetOf(kept.connectorId);
    const discovery = kept === null ? null : protocol.unpackDiscovery(kept.discovery);
    if (kept === null || target === null || discovery === null) return this.#pending.take(state);
    return { ...kept, target, discovery, expiresAtMs: now() + LOGIN_TTL_MS };
  }

  async #identify(
    protocol: LoginProtocol,
    target: LoginTarget,
    discovery: LoginDiscovery,
    { redirectUrl, clientMetadataUrl, scope }: StartLoginOptions & { readonly scope: string | null },
  ): Promise<LoginClient> {
    const { store, book, discoveries } = this.#deps;
    const { issuer } = discovery;
    const stored = book.client(issuer);
    const documentUrl = target.oauth?.clientMetadataUrl ?? clientMetadataUrl ?? null;
    const choice = { redirectUrl, clientMetadataUrl: documentUrl, stored, scope };
    const client = await protocol.identifyClient(discoveries.requestFor(target), discovery, choice);
    if (client.kind === 'registered' && client !== stored) {
      await store.saveClient({ issuer, client });
      book.takeClient(issuer, client);
    }
    return client;
  }

  #bindingOf({ target, discovery, client, scope }: PendingLogin, packed: string) {
    const bindingId = bindingIdFor(target);
    const { issuer, resource } = discovery;
    const wanted = this.#deps.book.binding(bindingId)?.wantedScope ?? null;
    return {
      bindingId,
      endpoint: target.url.href,
      key: { issuer, clientId: client.clientId, resource, subject: 'shared' },
      grant: 'authorization_code',
      discovery: packed,
      // If a step-up has requested more scopes, later logins request them too.
      wantedScope: wanted === null ? null : scope,
      client,
    } as const satisfies LoginBinding;
  }

  /**
   * Resets the binding after a logout. The scopes of a step-up are no longer requested, because an issuer that does not
   * know one of them would refuse every further login. If the connector logs in without a person, its secret may go to
   * another issuer only after this reset.
   */
  async #unbind(bindingId: string): Promise<void> {
    const { store, book } = this.#deps;
    const binding = book.binding(bindingId);
    if (binding === null) return;
    const isMachine = binding.grant === 'client_credentials' && binding.key !== null;
    if (!isMachine && binding.wantedScope === null) return;
    const free: LoginBinding = { ...binding, wantedScope: null, ...(isMachine && { key: null, client: null }) };
    await store.saveBinding(free);
    book.takeBinding(free);
  }

  /** Removes a login that a newer login has replaced, unless another connector still uses it. */
  async #forgetUnused(loginId: string): Promise<void> {
    const { store, book } = this.#deps;
    if (book.bindingsOf(loginId).length > 0) return;
    await store.removeLogin(loginId);
    book.takeLogin(loginId, null);
  }

  /** Revokes the tokens of a login. Never rejects: the tokens are forgotten even if revoking them fails. */
  async #revoke(target: LoginTarget, bindingId: string): Promise<void> {
    const { book, discoveries, closing } = this.#deps;
    const tokens = book.loginOf(bindingId)?.tokens ?? null;
    const binding = book.binding(bindingId);
    const client = binding?.client ?? null;
    if (tokens === null || binding === null || client === null) return;
    using limit = deadline(REVOKE_MS, () => new Error('Revoking took too long'), closing);
    try {
      const protocol = await this.#deps.protocol();
      const discovery = protocol.unpackDiscovery(binding.discovery);
      const request = { ...discoveries.requestFor(target), signal: limit.signal };
      if (discovery !== null) await protocol.revokeTokens(request, discovery, client, tokens);
    } catch (error) {
      // If the signal aborted, the error is only the signal's reason and is ignored.
      if (!limit.signal.aborted) throw asSwitchyardError(error);
    }
  }
}

/** Returns the id of a target's binding. */
export function bindingIdFor({ url, oauth }: LoginTarget): string {
  return bindingIdOf(url.href, oauth?.clientId ?? null);
}
