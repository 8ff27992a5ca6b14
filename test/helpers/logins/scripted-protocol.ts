import type { LoginProtocol } from '../../../src/main/connectors/credentials/logins/login-protocol.ts';
import type { LoginDiscovery } from '../../../src/main/connectors/credentials/oauth/login-discovery.ts';
import { SwitchyardError } from '../../../src/shared/errors.ts';
import type { LoginClient, LoginTokens, RefreshOutcome } from '../../../src/shared/logins/login-records.ts';
import { secret } from '../evidence.ts';

/** An issuer in memory. It counts token requests and responds as the test specifies. */
export class ScriptedIssuer {
  issuer = 'https://issuer.test';
  /** Number of times that the protocol was loaded. */
  loads = 0;
  discoveries = 0;
  redeemed = 0;
  machineRequests: (string | null)[] = [];
  readonly revoked: LoginTokens[] = [];
  /** The refresh tokens that were sent, oldest first. */
  readonly refreshed: string[] = [];
  /** Highest number of concurrent refreshes. */
  mostAtOnce = 0;
  lifeMs: number | null = 3_600_000;
  givesRefreshTokens = true;
  /** Responds to a refresh. By default, returns new tokens. */
  onRefresh: (tokens: LoginTokens, signal: AbortSignal | null) => Promise<RefreshOutcome>;
  onMachine: (scope: string | null) => Promise<LoginTokens>;
  hasMetadata = true;
  /** Whether stored discovery results are no longer valid. */
  forgetsDiscoveries = false;
  readonly #now: () => number;
  #atOnce = 0;
  #count = 0;

  constructor(now: () => number) {
    this.#now = now;
    this.onRefresh = async ({ scope }) => ({ kind: 'refreshed', tokens: this.tokens({ scope }) });
    this.onMachine = async (scope) => this.tokens({ scope, refreshToken: null });
  }

  tokens(over: Partial<LoginTokens> = {}): LoginTokens {
    this.#count += 1;
    const nowMs = this.#now();
    return {
      accessToken: secret(`access-${this.#count}`),
      refreshToken: this.givesRefreshTokens ? secret(`refresh-${this.#count}`) : null,
      expiresAtMs: this.lifeMs === null ? null : nowMs + this.lifeMs,
      obtainedAtMs: nowMs,
      scope: 'tools',
      ...over,
    };
  }

  /** Implements `loadProtocol`. */
  readonly load = async (): Promise<LoginProtocol> => {
    this.loads += 1;
    return this.#protocol();
  };

  #protocol(): LoginProtocol {
    return {
      discoverLogin: async ({ target }) => {
        this.discoveries += 1;
        return {
          issuer: this.issuer,
          resource: target.url.href,
          authorizationServerUrl: this.issuer,
          metadata: this.hasMetadata ? ({ issuer: this.issuer } as LoginDiscovery['metadata']) : null,
          resourceMetadata: null,
        };
      },
      packDiscovery: (discovery) => JSON.stringify(discovery),
      unpackDiscovery: (json) => (this.forgetsDiscoveries ? null : (JSON.parse(json) as LoginDiscovery)),
      identifyClient: async ({ target }, _, { redirectUrl, stored }) =>
        stored ?? clientFor(target.oauth?.clientId, redirectUrl),
      chooseScope: (_, __, wanted, challenged) => wanted ?? challenged ?? 'tools',
      prepareAuthorization: async (_, __, { state }) => ({
        url: new URL(`${this.issuer}/authorize?state=${state}`),
        codeVerifier: secret('verifier'),
      }),
      codeOfRedirect: (parameters) => {
        const code = parameters.get('code');
        if (code === null) throw new SwitchyardError('LOGIN_FAILED', 'The issuer refused the login.');
        return code;
      },
      redeemCode: async () => {
        this.redeemed += 1;
        return this.tokens();
      },
      refreshTokens: async ({ fetch, signal }, _, __, tokens) => {
        this.#atOnce += 1;
        this.mostAtOnce = Math.max(this.mostAtOnce, this.#atOnce);
        try {
          await fetch(`${this.issuer}/token`, { method: 'POST' });
          this.refreshed.push(tokens.refreshToken ?? '');
          return await this.onRefresh(tokens, signal);
        } finally {
          this.#atOnce -= 1;
        }
      },
      fetchMachineTokens: async ({ fetch }, _, __, scope) => {
        await fetch(`${this.issuer}/token`, { method: 'POST' });
        this.machineRequests.push(scope);
        return this.onMachine(scope);
      },
      revokeTokens: async (_, __, ___, tokens) => {
        this.revoked.push(tokens);
        return true;
      },
    };
  }
}

function clientFor(clientId: string | undefined, redirectUrl: string | null): LoginClient {
  return {
    kind: clientId === undefined ? 'registered' : 'configured',
    clientId: clientId ?? 'registered',
    clientSecret: null,
    authMethod: null,
    redirectUris: redirectUrl === null ? [] : [redirectUrl],
    secretExpiresAtMs: null,
  };
}
