import { randomUUID } from 'node:crypto';
import {
  InvalidGrantError,
  InvalidScopeError,
  InvalidTokenError,
} from '@modelcontextprotocol/sdk/server/auth/errors.js';
import type { AuthorizationParams, OAuthServerProvider } from '@modelcontextprotocol/sdk/server/auth/provider.js';
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import type {
  OAuthClientInformationFull,
  OAuthTokenRevocationRequest,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js';

type Redirecting = Parameters<OAuthServerProvider['authorize']>[2];

interface Grant {
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly resource: URL | undefined;
}

/** An in-memory provider with opaque tokens, as a server author would write it for the SDK's `mcpAuthRouter`. */
export class MemoryProvider implements OAuthServerProvider {
  readonly clients = new Map<string, OAuthClientInformationFull>();
  /** Every secret that must not occur in any output. */
  readonly secrets: string[] = [];
  readonly revoked: string[] = [];
  refreshes = 0;
  readonly #tokenTtlSeconds: number;
  readonly #asked = new Map<string, { readonly clientId: string; readonly params: AuthorizationParams }>();
  readonly #codes = new Map<string, Grant & { readonly challenge: string; readonly redirectUri: string }>();
  readonly #access = new Map<string, AuthInfo>();
  readonly #refresh = new Map<string, Grant>();

  constructor(tokenTtlSeconds: number) {
    this.#tokenTtlSeconds = tokenTtlSeconds;
  }

  readonly clientsStore = {
    getClient: (id: string) => this.clients.get(id),
    registerClient: (client: Omit<OAuthClientInformationFull, 'client_id' | 'client_id_issued_at'>) => {
      // The handler of the SDK has already set `client_id`.
      const whole = client as OAuthClientInformationFull;
      this.clients.set(whole.client_id, whole);
      if (whole.client_secret !== undefined) this.secrets.push(whole.client_secret);
      return whole;
    },
  };

  /** Shows a page that requests consent. A client gets no scope that it was not registered with. */
  async authorize(client: OAuthClientInformationFull, params: AuthorizationParams, response: Redirecting) {
    const registered = client.scope?.split(' ') ?? [];
    const unknown = params.scopes?.find((scope) => !registered.includes(scope));
    if (unknown !== undefined) throw new InvalidScopeError(`Client was not registered with scope ${unknown}`);
    const id = randomUUID();
    this.#asked.set(id, { clientId: client.client_id, params });
    response
      .type('html')
      .send(
        `<!doctype html><title>Consent</title><form method="post" action="/consent">` +
          `<input type="hidden" name="id" value="${id}"><button>Allow</button></form>`,
      );
  }

  /** Returns the URL to which the browser goes after consent; null for an unknown id. */
  consent(id: string): string | null {
    const asked = this.#asked.get(id);
    if (asked === undefined || !this.#asked.delete(id)) return null;
    const { clientId, params } = asked;
    const code = this.#secret();
    const { codeChallenge: challenge, redirectUri, resource } = params;
    this.#codes.set(code, { clientId, challenge, redirectUri, resource, scopes: params.scopes ?? [] });
    const back = new URL(redirectUri);
    back.searchParams.set('code', code);
    if (params.state !== undefined) back.searchParams.set('state', params.state);
    return back.href;
  }

  async challengeForAuthorizationCode(_: OAuthClientInformationFull, code: string): Promise<string> {
    const found = this.#codes.get(code);
    if (found === undefined) throw new InvalidGrantError('No such code');
    return found.challenge;
  }

  async exchangeAuthorizationCode(
    client: OAuthClientInformationFull,
    code: string,
    _verifier?: string,
    redirectUri?: string,
  ): Promise<OAuthTokens> {
    const found = this.#codes.get(code);
    if (found?.clientId !== client.client_id || found.redirectUri !== redirectUri)
      throw new InvalidGrantError('Not the code of this client');
    this.#codes.delete(code);
    return this.#give(found);
  }

  async exchangeRefreshToken(client: OAuthClientInformationFull, token: string): Promise<OAuthTokens> {
    const found = this.#refresh.get(token);
    if (found?.clientId !== client.client_id) throw new InvalidGrantError('No such refresh token');
    this.#refresh.delete(token);
    this.refreshes += 1;
    return this.#give(found);
  }

  async verifyAccessToken(token: string): Promise<AuthInfo> {
    const found = this.#access.get(token);
    if (found === undefined) throw new InvalidTokenError('No such token');
    return found;
  }

  async revokeToken(_: OAuthClientInformationFull, { token }: OAuthTokenRevocationRequest): Promise<void> {
    this.revoked.push(token);
    this.#access.delete(token);
    this.#refresh.delete(token);
  }

  #give(grant: Grant): OAuthTokens {
    const { clientId, scopes, resource } = grant;
    const [token, refreshToken] = [this.#secret(), this.#secret()];
    const expiresAt = Math.floor(Date.now() / 1_000) + this.#tokenTtlSeconds;
    this.#access.set(token, { token, clientId, scopes: [...scopes], expiresAt, ...(resource && { resource }) });
    this.#refresh.set(refreshToken, grant);
    return {
      ...{ access_token: token, token_type: 'bearer', expires_in: this.#tokenTtlSeconds },
      ...{ refresh_token: refreshToken, scope: scopes.join(' ') },
    };
  }

  #secret(): string {
    const made = randomUUID();
    this.secrets.push(made);
    return made;
  }
}
