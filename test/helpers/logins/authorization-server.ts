import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import Provider, { type ClientMetadata, type Configuration, errors } from 'oidc-provider';

export interface AuthorizationServerOptions {
  /** Manually registered clients. */
  readonly clients?: readonly ClientMetadata[];
  /** Lifetime of access tokens in seconds. Defaults to 3 600. */
  readonly tokenTtlSeconds?: number;
  /** Whether clients may register themselves. Defaults to true. */
  readonly registration?: boolean;
  /** Whether the server accepts client metadata documents. This needs `tls`. Defaults to false. */
  readonly metadataDocuments?: boolean;
  /** The key and the certificate (PEM) with which the server uses https. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Whether each refresh issues a new refresh token. Reuse of an old one then revokes the login. Defaults to true. */
  readonly rotates?: boolean;
  /** Whether refresh tokens are issued only if `offline_access` was requested. By default, they are always issued. */
  readonly wantsOfflineAccess?: boolean;
  /** Additional scopes of resources. `tools` and `admin` always exist. */
  readonly scopes?: readonly string[];
  /**
   * The path of the issuer, such as `/tenant`. An issuer with a path has only OpenID Connect metadata. By default, the
   * issuer has no path.
   */
  readonly path?: string;
  /** Whether access tokens are opaque instead of JWTs. Defaults to false. */
  readonly isOpaque?: boolean;
  /**
   * Returns whether the server issues tokens for a resource. If not, it answers `invalid_target`. By default, it issues
   * tokens for every resource.
   */
  readonly knowsResource?: (resource: string) => boolean;
  /** Called for each request before the server handles it. Returns true if it responded to the request itself. */
  readonly intercept?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

/** A token request and its outcome. */
export interface TokenRequest {
  readonly grantType: string;
  readonly status: number;
  /** The OAuth error code; null if tokens were issued. */
  readonly error: string | null;
}

/**
 * A real authorization server (`oidc-provider`) on loopback: OpenID Connect, RFC 7591, 7636, 8414, 8707, 9207 and 7009.
 */
export class AuthorizationServer implements AsyncDisposable {
  readonly issuer: string;
  readonly provider: Provider;
  /** All requests to the token endpoint, oldest first. */
  readonly tokenRequests: TokenRequest[] = [];
  /** The paths of all requests, oldest first. */
  readonly paths: string[] = [];
  readonly #server: Server;

  private constructor(issuer: string, provider: Provider, server: Server) {
    this.issuer = issuer;
    this.provider = provider;
    this.#server = server;
  }

  static async start(options: AuthorizationServerOptions = {}): Promise<AuthorizationServer> {
    const server = options.tls === undefined ? createHttpServer() : createHttpsServer({ ...options.tls });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const scheme = options.tls === undefined ? 'http' : 'https';
    const { path = '' } = options;
    const issuer = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
    const provider = new Provider(issuer, configurationOf(options));
    const self = new AuthorizationServer(issuer, provider, server);
    provider.on('grant.success', (context) => self.#note(context.oidc.params, 200, null));
    provider.on('grant.error', (context, error) =>
      self.#note(context.oidc?.params, error.statusCode ?? 500, error.error ?? 'server_error'),
    );
    const handle = provider.callback();
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      self.paths.push(request.url ?? '');
      if (options.intercept?.(request, response) === true) return;
      if (request.url?.startsWith(path) !== true) return void response.writeHead(404).end();
      // Sets `originalUrl`, as express does for a mounted application. The provider derives its addresses from this
      // value.
      if (path !== '') Object.assign(request, { originalUrl: request.url, url: request.url.slice(path.length) });
      void handle(request, response);
    });
    return self;
  }

  /** Number of successful refreshes. */
  get refreshes(): number {
    return this.tokenRequests.filter(({ grantType, error }) => grantType === 'refresh_token' && error === null).length;
  }

  /** Returns the scopes of an access token (JWT or opaque) for a resource; null if there is no such token. */
  async scopesOf(token: string, resource: string): Promise<readonly string[] | null> {
    const found = await this.provider.AccessToken.find(token);
    return found?.isValid === true && found.aud === resource ? (found.scope ?? '').split(' ') : null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #note(parameters: unknown, status: number, error: string | null): void {
    const grantType = String((parameters as { grant_type?: unknown } | undefined)?.grant_type ?? '');
    this.tokenRequests.push({ grantType, status, error });
  }
}

/** One key for all servers of a test file, because generating a key is slow. */
let signing: JsonWebKey | null = null;

function configurationOf(options: AuthorizationServerOptions): Configuration {
  const { tokenTtlSeconds = 3_600, registration = true, rotates = true, wantsOfflineAccess = false } = options;
  const scopes = ['tools', 'admin', ...(options.scopes ?? [])];
  signing ??= generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
  return {
    clients: [...(options.clients ?? [])],
    cookies: { keys: ['only for tests'] },
    jwks: { keys: [{ ...signing, use: 'sig', alg: 'RS256' }] as never },
    scopes: ['openid', 'offline_access', ...scopes],
    findAccount: (_, sub) => ({ accountId: sub, claims: async () => ({ sub }) }),
    pkce: { required: () => true },
    clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    responseTypes: ['code'],
    rotateRefreshToken: rotates,
    issueRefreshToken: async (_, client, code) =>
      client.grantTypeAllowed('refresh_token') && (!wantsOfflineAccess || code.scopes.has('offline_access')),
    expiresWithSession: async () => false,
    // Replaces the provider's own agent, because that agent refuses loopback addresses. The tests serve documents
    // there.
    fetch: (url, { dispatcher: _, ...init }: RequestInit = {}) => fetch(url, init),
    ttl: {
      AccessToken: tokenTtlSeconds,
      ClientCredentials: tokenTtlSeconds,
      AuthorizationCode: 60,
      Grant: 86_400,
      IdToken: 3_600,
      Interaction: 600,
      RefreshToken: 86_400,
      Session: 86_400,
    },
    features: {
      devInteractions: { enabled: true },
      registration: { enabled: registration, initialAccessToken: false },
      revocation: { enabled: true },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: async () => [],
        useGrantedResource: async () => true,
        getResourceServerInfo: async (_, resource) => {
          if (options.knowsResource?.(resource) === false) throw new errors.InvalidTarget('this resource is unknown');
          const jwt = { accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } } as const;
          return {
            ...{ scope: scopes.join(' '), audience: resource, accessTokenTTL: tokenTtlSeconds },
            ...(options.isOpaque === true ? { accessTokenFormat: 'opaque' } : jwt),
          };
        },
      },
      ...(options.metadataDocuments === true && {
        clientIdMetadataDocument: { enabled: true, ack: 'draft-02', allowFetch: async () => true } as never,
      }),
    },
  };
}
