import type { OAuthClientInformationMixed, OAuthClientProvider, OAuthTokens } from '@modelcontextprotocol/client';
import type { ConnectorOAuth } from '../../../src/main/index.ts';
import { ScriptedBrowser } from './scripted-browser.ts';

/** Redirect URL of logins. Nothing listens there. */
export const REDIRECT = 'http://127.0.0.1:9/callback';

/** A token that no server accepts. */
export const SPOILT = 'no-longer-valid';

/** The host's part of one login: the manager option `oauth`, and a user who consents immediately. */
export interface HostLogin {
  readonly oauth: ConnectorOAuth;
  /** Addresses to which the user was sent. */
  readonly sentTo: URL[];
  /** Number of times that the host was asked for the redirect parameters. */
  callbacks: number;
  tokens: OAuthTokens | undefined;
  /** Replaces the access token with one that no server accepts. The refresh token stays. */
  spoil(): void;
}

export interface HostLoginOptions {
  /** Changes the redirect parameters before the host gets them. */
  readonly comeBack?: (parameters: URLSearchParams) => void;
  /** The id of a manually registered client. By default a client registers itself. */
  readonly clientId?: string;
}

export function hostLogin({ comeBack = () => {}, clientId }: HostLoginOptions = {}): HostLogin {
  let verifier = '';
  let client: OAuthClientInformationMixed | undefined = clientId === undefined ? undefined : { client_id: clientId };
  const browser = new ScriptedBrowser();
  const self: HostLogin = {
    oauth: {
      provider: undefined as unknown as OAuthClientProvider,
      async callback() {
        self.callbacks += 1;
        const { url } = await browser.follow(self.sentTo.at(-1) ?? '', { stopAt: REDIRECT });
        const parameters = new URL(url).searchParams;
        comeBack(parameters);
        return parameters;
      },
    },
    sentTo: [],
    callbacks: 0,
    tokens: undefined,
    spoil() {
      if (self.tokens !== undefined) self.tokens = { ...self.tokens, access_token: SPOILT };
    },
  };
  const provider: OAuthClientProvider = {
    redirectUrl: REDIRECT,
    clientMetadata: {
      client_name: 'a host',
      redirect_uris: [REDIRECT],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      application_type: 'native',
    },
    clientInformation: () => client,
    saveClientInformation: (saved) => {
      client = saved;
    },
    tokens: () => self.tokens,
    saveTokens: (saved) => {
      self.tokens = saved;
    },
    saveCodeVerifier: (saved) => {
      verifier = saved;
    },
    codeVerifier: () => verifier,
    redirectToAuthorization: (url) => void self.sentTo.push(url),
  };
  return Object.assign(self, { oauth: { ...self.oauth, provider } });
}
