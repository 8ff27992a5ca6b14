import type { OAuthClientProvider, OAuthDiscoveryState } from '@modelcontextprotocol/client';
import type { Dispatcher } from 'undici';
import { monotonicMs, raceSignal } from '../../../shared/clock.ts';
import { SwitchyardError } from '../../../shared/errors.ts';
import type { ConnectorOAuth } from '../../options/host-interfaces.ts';
import type { Challenge, Credentials, Sending, Verdict } from './credentials.ts';
import { hostLoginError } from './host-login-error.ts';
import { createLoginFetch } from './login-fetch.ts';
import { SharedFlow } from './login-flow.ts';

export interface HostCredentialsOptions {
  readonly connectorId: string;
  readonly url: URL;
  /** The entry's own headers, which are also sent with login requests to the connector's origin. */
  readonly headers: Readonly<Record<string, string>>;
  readonly oauth: ConnectorOAuth;
  readonly dispatcher: Dispatcher;
}

/** Maximum number of step-ups within STEP_UP_MS. A server may demand one more scope each time. */
const MAX_STEP_UPS = 3;
const STEP_UP_MS = 600_000;

/**
 * The credentials from a host that has its own `OAuthClientProvider` (option `oauth`). The SDK's `auth()` implements
 * the protocol. The login may wait for the user without a time limit. All requests of a connector wait for the same
 * login.
 */
export class HostCredentials implements Credentials {
  readonly #options: HostCredentialsOptions;
  #flow: SharedFlow | null = null;
  /** All scopes that the connector has demanded so far. */
  #scope: string | undefined;
  /** The token that the last login produced, and the status of the refusal that caused the login. */
  #issued: { readonly token: string | undefined; readonly status: number } | null = null;
  readonly #stepUps: number[] = [];
  /** Whether the last login sent the user to the authorization server. */
  #wasAsked = false;

  constructor(options: HostCredentialsOptions) {
    this.#options = options;
  }

  headers(_: AbortSignal | null, sending: Sending): readonly string[] | Promise<readonly string[]> {
    const { provider } = this.#options.oauth;
    const tokens = provider.tokens();
    // Some hosts return a thenable that is not a `Promise`.
    if (tokens && 'then' in tokens)
      return Promise.resolve(tokens).then((present) => headersFor(provider, present, sending));
    return headersFor(provider, tokens, sending);
  }

  async refused(challenge: Challenge, sent: readonly string[], signal: AbortSignal | null): Promise<Verdict> {
    const { provider } = this.#options.oauth;
    try {
      if (await this.#takeNonce(challenge)) return { kind: 'retry' };
      if (this.#flow === null) {
        const present = (await provider.tokens())?.access_token;
        const given = tokenIn(sent);
        // Another request may have logged in since this request was sent.
        if (present !== undefined && present !== given) return { kind: 'retry' };
        if (this.#isJustIssued(given, challenge)) return refusedNew(challenge);
        // A person should not have to log in just because a DELETE, which only ends a session, is refused.
        if (challenge.method === 'DELETE') return { kind: 'refused', hint: null };
        if (challenge.status === 403 && !this.#mayStepUp(challenge)) return { kind: 'refused', hint: null };
      }
      await this.#loggedIn(challenge, signal);
      return { kind: 'retry' };
    } catch (error) {
      signal?.throwIfAborted();
      return { kind: 'login', error: hostLoginError(error, this.#options, this.#wasAsked) };
    }
  }

  /**
   * Remembers the DPoP nonce that a server sent. Returns whether the server refused the request only because it lacked
   * a proof with this nonce (RFC 9449 section 9).
   */
  async #takeNonce({ url, dpopNonce, wwwAuthenticate }: Challenge): Promise<boolean> {
    const session = dpopNonce === null ? undefined : await this.#options.oauth.provider.dpop?.();
    if (session === undefined || dpopNonce === null) return false;
    session.rememberNonce(url, dpopNonce);
    return wwwAuthenticate !== null && /use_dpop_nonce/.test(wwwAuthenticate);
  }

  /**
   * Whether this same request already caused a login because of the same status, and that login produced this token.
   * Another login would then not help.
   */
  #isJustIssued(token: string | undefined, { status, resends }: Challenge): boolean {
    const issued = this.#issued;
    return resends > 0 && token !== undefined && issued?.token === token && issued.status === status;
  }

  #mayStepUp({ wwwAuthenticate }: Challenge): boolean {
    if (wwwAuthenticate === null || !/\berror="?insufficient_scope\b/.test(wwwAuthenticate)) return false;
    const nowMs = monotonicMs();
    while (this.#stepUps.length > 0 && nowMs - (this.#stepUps[0] ?? 0) > STEP_UP_MS) this.#stepUps.shift();
    if (this.#stepUps.length >= MAX_STEP_UPS) return false;
    this.#stepUps.push(nowMs);
    return true;
  }

  #loggedIn(challenge: Challenge, signal: AbortSignal | null): Promise<void> {
    const flow =
      this.#flow ??
      new SharedFlow(
        (until) => this.#login(challenge, until),
        () => {
          this.#flow = null;
        },
      );
    this.#flow = flow;
    return flow.join(signal);
  }

  async #login({ status, wwwAuthenticate }: Challenge, signal: AbortSignal): Promise<void> {
    // The SDK is slow to load, and few connectors need it.
    const sdk = await import('@modelcontextprotocol/client');
    const { oauth, url, headers, dispatcher } = this.#options;
    const provider = rememberingDiscovery(oauth.provider);
    const answer = new Response(null, { status, headers: { 'www-authenticate': wwwAuthenticate ?? '' } });
    const { resourceMetadataUrl, scope } = sdk.extractWWWAuthenticateParams(answer);
    const granted = status === 403 ? (await provider.tokens())?.scope : undefined;
    this.#scope = sdk.computeScopeUnion(this.#scope, granted, scope);
    const options = {
      serverUrl: url,
      fetchFn: createLoginFetch({ dispatcher, home: { origin: url.origin, headers }, signal }),
      ...(resourceMetadataUrl !== undefined && { resourceMetadataUrl }),
      ...(this.#scope !== undefined && { scope: this.#scope }),
    };
    this.#wasAsked = false;
    // A refresh cannot add scopes to the granted scopes (RFC 6749 section 6), so the user has to log in again.
    const forceReauthorization = status === 403 && sdk.isStrictScopeSuperset(this.#scope, granted);
    const result = await sdk.auth(provider, { ...options, forceReauthorization });
    if (result === 'REDIRECT') {
      this.#wasAsked = true;
      const parameters = await raceSignal(oauth.callback(signal), signal);
      const authorizationCode = parameters.get('code');
      if (authorizationCode === null)
        throw new SwitchyardError('LOGIN_FAILED', 'The redirect after the login contains no code.');
      const iss = parameters.get('iss');
      await sdk.auth(provider, { ...options, authorizationCode, ...(iss !== null && { iss }) });
    }
    this.#issued = { token: (await provider.tokens())?.access_token, status };
  }
}

function refusedNew({ status }: Challenge): Verdict {
  const hint =
    status === 401
      ? 'The server refuses even the token that was issued a moment ago.'
      : 'The server demands more scopes than the login was granted.';
  return { kind: 'refused', hint };
}

type Tokens = Awaited<ReturnType<OAuthClientProvider['tokens']>>;

function headersFor(
  provider: OAuthClientProvider,
  tokens: Tokens,
  sending: Sending,
): readonly string[] | Promise<readonly string[]> {
  // A host's provider may return less than its types promise.
  if (!tokens?.access_token) return [];
  const isBound = provider.dpop !== undefined && tokens.token_type?.toLowerCase() === 'dpop';
  return isBound ? proven(provider, tokens.access_token, sending) : ['authorization', `Bearer ${tokens.access_token}`];
}

/**
 * Returns the headers for a token that is bound to a key. They include a proof that this host has the key (RFC 9449
 * section 7.1).
 */
async function proven(provider: OAuthClientProvider, accessToken: string, { method, url }: Sending) {
  const session = await provider.dpop?.();
  if (session === undefined) return ['authorization', `Bearer ${accessToken}`];
  const proof = await session.buildProof({ htm: method, htu: url, accessToken });
  return ['authorization', `DPoP ${accessToken}`, 'dpop', proof];
}

function tokenIn([name, value]: readonly string[]): string | undefined {
  return name === 'authorization' ? value?.replace(/^\w+ /, '') : undefined;
}

/**
 * Returns a provider that also remembers the issuer of a login, unless the given provider already does. When the user
 * returns, the SDK compares the remembered issuer with the issuer that sent the user back.
 */
function rememberingDiscovery(provider: OAuthClientProvider): OAuthClientProvider {
  if (provider.discoveryState !== undefined || provider.saveDiscoveryState !== undefined) return provider;
  let state: OAuthDiscoveryState | undefined;
  const added: Pick<OAuthClientProvider, 'discoveryState' | 'saveDiscoveryState'> = {
    discoveryState: () => state,
    saveDiscoveryState: (found) => {
      state = found;
    },
  };
  return new Proxy(provider, {
    get(target, name) {
      if (Object.hasOwn(added, name)) return added[name as keyof typeof added];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
