import { deadline, monotonicMs } from '../../../../../shared/clock.ts';
import { asSwitchyardError, type SwitchyardError } from '../../../../../shared/errors.ts';
import type {
  LoginBinding,
  LoginClient,
  RefreshOutcome,
  RefreshTurn,
  StoredLogin,
} from '../../../../../shared/logins/login-records.ts';
import type { LoginTarget } from '../../login-target.ts';
import type { LoginDiscovery, LoginRequest } from '../../oauth/login-discovery.ts';
import type { LoginBook } from '../login-book.ts';
import type { LoginProtocol } from '../login-protocol.ts';

/** The lease that allows only this process to refresh a login. */
export type OwnTurn = Extract<RefreshTurn, { kind: 'go' }>;

export interface TokenRequesterDeps {
  readonly book: LoginBook;
  readonly protocol: () => Promise<LoginProtocol>;
  readonly fetchOf: (target: LoginTarget) => typeof fetch;
  /** Epoch ms. */
  readonly now: () => number;
  /** Returns the time in epoch milliseconds on the clock that the store's leases use. */
  readonly leaseNow: () => number;
  /** Aborts requests in progress. */
  readonly closing: AbortSignal;
}

/** The outcome of a token request, and the error if it failed. */
export interface TokenAnswer {
  readonly outcome: RefreshOutcome;
  readonly error: SwitchyardError | null;
}

/** Sends one request to refresh a login, while this process has the lease for the refresh. */
export class TokenRequester {
  readonly #deps: TokenRequesterDeps;

  constructor(deps: TokenRequesterDeps) {
    this.#deps = deps;
  }

  /**
   * Refreshes a login while this process has the lease `turn`. Sends nothing after the lease has ended: if this process
   * was suspended, another process may already have used the refresh token, which works only once. Never rejects.
   */
  async refresh(turn: OwnTurn, binding: LoginBinding, target: LoginTarget): Promise<TokenAnswer> {
    const { protocol, fetchOf, now, leaseNow, closing } = this.#deps;
    const leaseMs = turn.untilMs - leaseNow();
    const sendUntilMs = turn.sendUntilMs ?? turn.untilMs;
    const sendMs = sendUntilMs - leaseNow();
    const startedMs = monotonicMs();
    // Both clocks are needed. A wall clock that is set back would extend the lease, and a monotonic clock stands still
    // while a laptop sleeps.
    const isOurs = (): boolean => leaseNow() < sendUntilMs && monotonicMs() - startedMs < sendMs;
    let wasSent = false;
    const send = fetchOf(target);
    const guarded: typeof fetch = async (input, init) => {
      if (!isOurs()) throw new Error('The lease for refreshing the login has ended');
      wasSent ||= input instanceof Request || (init?.method ?? 'GET') !== 'GET';
      return send(input, init);
    };
    using limit = deadline(
      Math.max(0, leaseMs),
      () => new Error('The lease for refreshing the login has ended'),
      closing,
    );
    try {
      const { signal } = limit;
      const request: LoginRequest = { target, fetch: guarded, signal, now };
      const outcome = await this.#request(await protocol(), request, turn.login, binding);
      return { outcome: wasSent || outcome.kind === 'refreshed' ? outcome : unsent(outcome), error: null };
    } catch (error) {
      const kind = wasSent && binding.grant === 'authorization_code' ? 'unknown' : 'unspent';
      return { outcome: { kind }, error: asSwitchyardError(error, 'LOGIN_FAILED') };
    }
  }

  async #request(
    protocol: LoginProtocol,
    request: LoginRequest,
    login: StoredLogin,
    binding: LoginBinding,
  ): Promise<RefreshOutcome> {
    const { tokens, key } = login;
    const discovery = protocol.unpackDiscovery(binding.discovery) ?? (await protocol.discoverLogin(request, null));
    if (discovery.issuer !== key.issuer) return { kind: 'lost', reason: 'it belongs to another issuer' };
    const client = this.#clientOf(login, binding);
    if (client === null) return { kind: 'lost', reason: 'its client is no longer known' };
    // If a secret is missing, this throws before anything is sent.
    if (client.kind === 'configured') request.target.clientSecret() ?? request.target.privateKey();
    if (binding.grant === 'client_credentials')
      return { kind: 'refreshed', tokens: await machineTokens(protocol, request, discovery, client, binding) };
    if (tokens === null) return { kind: 'unspent' };
    return protocol.refreshTokens(request, discovery, client, tokens);
  }

  #clientOf({ key }: StoredLogin, { client }: LoginBinding): LoginClient | null {
    const registered = client ?? this.#deps.book.client(key.issuer);
    return registered?.clientId === key.clientId ? registered : null;
  }
}

/**
 * Gets tokens with client credentials, for the scopes that the binding currently needs. Rejects as `fetchMachineTokens`
 * does.
 */
export function machineTokens(
  protocol: LoginProtocol,
  request: LoginRequest,
  discovery: LoginDiscovery,
  client: LoginClient,
  binding: Pick<LoginBinding, 'wantedScope'> | null,
) {
  const scope = protocol.chooseScope(request.target, discovery, binding?.wantedScope ?? null, null, 'machine');
  return protocol.fetchMachineTokens(request, discovery, client, scope);
}

/**
 * Corrects the outcome of a refresh that sent no token request, because its refresh token can still be used. A login
 * that cannot be refreshed at all stays lost.
 */
function unsent(outcome: RefreshOutcome): RefreshOutcome {
  return outcome.kind === 'lost' || outcome.kind === 'unspent' ? outcome : { kind: 'unspent' };
}
