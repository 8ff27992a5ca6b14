import { randomBytes } from 'node:crypto';
import type { StartedLogin, StartLoginOptions } from '../../../src/main/connectors/credentials/logins/login-service.ts';
import { SwitchyardError } from '../../../src/shared/errors.ts';
import { type GatewayWorld, remote, startGateway, type WorldOptions } from '../gateway-world.ts';
import { RawMcpServer } from '../raw-mcp-server.ts';

/** A gateway whose connector `a` needs a login. The issuer is simulated, but the gateway is reached over real HTTP. */
export interface LoginGateway extends GatewayWorld {
  readonly url: string;
  readonly mcp: string;
  /** Logins that the manager was asked to start, oldest first. */
  readonly starts: (StartLoginOptions & { readonly connectorId: string })[];
  /** The redirect parameters that came back from the issuer. */
  readonly finishes: URLSearchParams[];
  /** The error of all calls to the connector; null once a user has logged in. */
  error: SwitchyardError | null;
  /** The issuer of the next login. */
  issuer: string;
  /** Returns the URL to which the issuer redirects the browser after a login at this authorization URL. */
  comesBackTo(authorizationUrl: string, more?: Readonly<Record<string, string>>): string;
}

/** Creates the error of a call to a connector that needs a login. `hidden` must not reach a client. */
export function loginNeeded(issuer: string, status = 401, hidden = ''): SwitchyardError {
  const detail = { connectorId: 'a', issuer, status, scope: hidden, wasAuthorized: status === 403 };
  return new SwitchyardError('CONNECTOR_LOGIN_NEEDED', `Connector a wants a login at ${issuer}${hidden}`, { detail });
}

/** Starts the gateway. A login succeeds with the code `good`, and fails with any other code. */
export async function startLoginGateway(options: WorldOptions = {}): Promise<LoginGateway> {
  const server = await RawMcpServer.start({ 'tools/call': ({ result }) => result({ content: [] }) });
  const world = await startGateway({ a: remote(server), b: remote(server) }, options);
  const { manager, listener } = world;
  const pending = new Map<string, string>();
  const callTool = manager.callTool.bind(manager);
  const request = manager.request.bind(manager);
  const self: LoginGateway = {
    ...world,
    url: listener.url,
    mcp: `${listener.url}/mcp`,
    starts: [],
    finishes: [],
    issuer: 'https://issuer.example.com',
    error: loginNeeded('https://issuer.example.com'),
    comesBackTo(authorizationUrl, more = { code: 'good' }) {
      const { searchParams } = new URL(authorizationUrl);
      const back = new URL(searchParams.get('redirect_uri') ?? '');
      back.search = new URLSearchParams({ state: searchParams.get('state') ?? '', ...more }).toString();
      return back.href;
    },
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
  Object.assign(manager, {
    callTool: async (...call: Parameters<typeof callTool>) => {
      if (self.error !== null && call[0].startsWith('a.')) throw self.error;
      return await callTool(...call);
    },
    request: async (...call: Parameters<typeof request>) => {
      if (self.error !== null && call[0] === 'a' && call[1] !== 'prompts/list') throw self.error;
      return await request(...call);
    },
    startLogin: async (connectorId: string, asked: StartLoginOptions): Promise<StartedLogin> => {
      self.starts.push({ connectorId, ...asked });
      const state = randomBytes(16).toString('hex');
      pending.set(state, connectorId);
      const parameters = new URLSearchParams({ state, redirect_uri: asked.redirectUrl });
      return {
        ...{ connectorId, state, issuer: self.issuer, resource: String(server.url), scope: null },
        authorizationUrl: `${self.issuer}/authorize?${parameters}`,
        expiresAt: Date.now() + 600_000,
      };
    },
    finishLogin: async (parameters: URLSearchParams) => {
      self.finishes.push(parameters);
      const connectorId = pending.get(parameters.get('state') ?? '');
      pending.delete(parameters.get('state') ?? '');
      if (connectorId === undefined) throw new SwitchyardError('LOGIN_EXPIRED', 'There is no such login');
      if (parameters.get('code') !== 'good')
        throw new SwitchyardError('LOGIN_FAILED', `It said ${parameters.get('error_description')}`);
      self.error = null;
      return { connectorId };
    },
  });
  return self;
}

/** Returns the form fields of a page. */
export function fieldsOf(page: string): URLSearchParams {
  const fields = new URLSearchParams();
  for (const [, name = '', value = ''] of page.matchAll(/name="([^"]*)" value="([^"]*)"/g)) fields.set(name, value);
  return fields;
}
