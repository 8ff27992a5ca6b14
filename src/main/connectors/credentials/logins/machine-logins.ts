import { monotonicMs } from '../../../../shared/clock.ts';
import { asSwitchyardError, SwitchyardError } from '../../../../shared/errors.ts';
import type { LoginBinding, LoginKey } from '../../../../shared/logins/login-records.ts';
import type { LoginStore } from '../../../../shared/logins/login-store.ts';
import type { Challenge } from '../credentials.ts';
import type { LoginTarget } from '../login-target.ts';
import { isSameIssuer } from '../oauth/endpoint-rules.ts';
import type { Discoveries } from './discoveries.ts';
import type { LoginBook } from './login-book.ts';
import type { LoginProtocol } from './login-protocol.ts';
import { machineTokens } from './refresh/token-requester.ts';

/** Time after a failure during which callers get the same error, and no request is sent. */
const PAUSE_MS = 1_000;

export interface MachineLoginsDeps {
  readonly store: LoginStore;
  readonly book: LoginBook;
  readonly discoveries: Discoveries;
  readonly protocol: () => Promise<LoginProtocol>;
  /** Runs `take`, which adds a login to the book, without notifying any listener. */
  readonly quietly: (take: () => void) => void;
}

/** The inputs of a request for a first token. */
export interface MachineRequest {
  readonly target: LoginTarget;
  readonly bindingId: string;
  readonly challenge: Challenge | null;
  /** The scopes to request; null to use the scopes of the binding, the entry or the server. */
  readonly scope: string | null;
}

/** Logs in to connectors without a person, with client credentials (RFC 6749 section 4.4). */
export class MachineLogins {
  readonly #deps: MachineLoginsDeps;
  readonly #running = new Map<string, Promise<void>>();
  readonly #failures = new Map<string, { readonly untilMs: number; readonly error: SwitchyardError }>();

  constructor(deps: MachineLoginsDeps) {
    this.#deps = deps;
  }

  /**
   * Gets a token and stores it. Simultaneous callers share one request. Rejects with LOGIN_FAILED,
   * LOGIN_SECRET_MISSING, LOGIN_CLIENT_UNKNOWN, LOGIN_METADATA_INVALID or a STORE_… code.
   */
  async obtain(request: MachineRequest): Promise<void> {
    const { target, bindingId, scope } = request;
    // A corrected entry has the same binding as before. Its key must differ, so that it does not get the failure that
    // the wrong entry caused.
    const key = JSON.stringify([bindingId, scope, target.oauth, target.isLocal, target.secretMark]);
    const failure = this.#failures.get(key);
    if (failure !== undefined && monotonicMs() < failure.untilMs) throw failure.error;
    const running = this.#running.get(key) ?? this.#obtain(request, key).finally(() => this.#running.delete(key));
    this.#running.set(key, running);
    await running;
  }

  async #obtain(request: MachineRequest, key: string): Promise<void> {
    try {
      await this.#fetch(request);
      this.#failures.delete(key);
    } catch (error) {
      const failure = asSwitchyardError(error, 'LOGIN_FAILED');
      const nowMs = monotonicMs();
      for (const [old, { untilMs }] of this.#failures) if (untilMs <= nowMs) this.#failures.delete(old);
      this.#failures.set(key, { untilMs: nowMs + PAUSE_MS, error: failure });
      throw failure;
    }
  }

  async #fetch({ target, bindingId, challenge, scope }: MachineRequest): Promise<void> {
    const { store, book, discoveries } = this.#deps;
    const protocol = await this.#deps.protocol();
    const known = book.binding(bindingId);
    const kept = known === null || known.key === null ? null : protocol.unpackDiscovery(known.discovery);
    const wanted = target.oauth?.issuer;
    const isOther = kept !== null && wanted !== undefined && !isSameIssuer(wanted, kept.issuer);
    const discovery = kept !== null && !isOther ? kept : await discoveries.renew(target, challenge);
    const { issuer, resource } = discovery;
    if (known !== null && known.key !== null && known.key.issuer !== issuer)
      throw otherIssuer(target, known.key, issuer);
    const choice = { redirectUrl: null, clientMetadataUrl: null, stored: null };
    const request = discoveries.requestFor(target);
    const client = await protocol.identifyClient(request, discovery, choice);
    const binding: LoginBinding = {
      bindingId,
      endpoint: target.url.href,
      key: { issuer, clientId: client.clientId, resource, subject: 'shared' },
      grant: 'client_credentials',
      discovery: protocol.packDiscovery(discovery),
      wantedScope: scope ?? known?.wantedScope ?? null,
      client,
    };
    // The binding is saved before the secret is sent. The saved binding ensures that the secret goes to no other issuer
    // later.
    await store.saveBinding(binding);
    this.#deps.quietly(() => book.takeBinding(binding));
    const tokens = await machineTokens(protocol, request, discovery, client, binding);
    const login = await store.saveLogin(binding.key as LoginKey, tokens);
    this.#deps.quietly(() => book.takeLogin(login.loginId, login));
  }
}

/**
 * Returns the error for a changed issuer. A secret that was already given to one issuer must not go to another issuer
 * just because a server now names that issuer.
 */
function otherIssuer({ connectorId }: LoginTarget, { issuer }: LoginKey, now: string): SwitchyardError {
  const message =
    `Connector ${connectorId} now names the issuer ${now}, but its client belongs to ${issuer}. ` +
    `If this change is intended, run \`mcp-switchyard auth logout ${connectorId}\` first.`;
  return new SwitchyardError('LOGIN_METADATA_INVALID', message, { detail: { connectorId, issuer: now } });
}
