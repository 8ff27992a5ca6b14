import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { raceSignal, settledWithin } from '../../../../shared/clock.ts';
import { codeOf, SwitchyardError } from '../../../../shared/errors.ts';
import { REDIRECT_PAGES, type RedirectPage, renderRedirectPage } from './redirect-page.ts';
import { faultOfRedirect } from './redirect-parameters.ts';

/** The path that the authorization server redirects to. */
const REDIRECT_PATH = '/callback';

/** How long a browser may take to send its request. */
const REQUEST_TIMEOUT_MS = 5_000;

/** How long the last page may take to reach the browser. */
const LAST_PAGE_MS = 1_000;

/** Maximum number of open sockets. */
const MAX_CONNECTIONS = 64;

/** How many ports are tried until one is free on both addresses of `localhost`. */
const PORT_TRIES = 8;

/** A redirect that carries the expected `state`. */
interface ArrivedRedirect {
  readonly parameters: URLSearchParams;
  /** Shows the browser how the login ended. Later calls do nothing. */
  readonly answer: (page: RedirectPage) => void;
}

/** A listener on loopback that takes the redirects of logins, one at a time. */
export interface LoopbackRedirect extends AsyncDisposable {
  /** The redirect address, such as `http://127.0.0.1:53412/callback`. */
  readonly url: string;
  /**
   * Resolves with the first redirect that carries `state`; refuses later redirects, and redirects with another `state`.
   * Rejects with the signal's reason.
   */
  readonly receive: (state: string, signal: AbortSignal) => Promise<ArrivedRedirect>;
}

export interface LoopbackRedirectOptions {
  /** `localhost` listens on 127.0.0.1 and, if the machine has it, on ::1: a browser may use either. */
  readonly host: '127.0.0.1' | 'localhost';
  /** The only acceptable port, from `oauth.callbackPort`; null for any. */
  readonly fixedPort: number | null;
  /** A port to try first; null for none. */
  readonly preferredPort?: number | null;
}

/** The login that waits for a redirect. */
interface Waiting {
  readonly state: string;
  readonly arrived: (redirect: ArrivedRedirect) => void;
}

/**
 * Listens for the redirects of logins (RFC 8252 section 7.3). It accepts only GET requests for the one path, with its
 * own host name as protection against DNS rebinding. Rejects with LOGIN_FAILED if the fixed port is taken.
 */
export async function listenForRedirect(options: LoopbackRedirectOptions): Promise<LoopbackRedirect> {
  let waiting: Waiting | null = null;
  const open = new Set<ServerResponse>();
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    open.add(response);
    response.once('close', () => open.delete(response));
    // The request body is never read: the response ends the connection.
    const refusal = refusalOf(request, host);
    const parameters = new URLSearchParams((request.url ?? '').slice(REDIRECT_PATH.length + 1));
    const receiver = waiting;
    if (refusal !== null) renderRedirectPage(response, refusal);
    else if (receiver === null || faultOfRedirect(parameters, receiver.state) !== null)
      renderRedirectPage(response, REDIRECT_PAGES.unexpected);
    else {
      waiting = null;
      receiver.arrived({ parameters, answer: (page) => renderRedirectPage(response, page) });
    }
  };
  const servers = await listenOnLoopback(options, onRequest);
  const port = portOf(servers[0]);
  const url = new URL(`http://${options.host}:${port}${REDIRECT_PATH}`);
  // Without `:80`, as in the Host header that browsers send.
  const { host } = url;

  return {
    url: url.href,
    receive(state, signal) {
      const { promise, resolve } = Promise.withResolvers<ArrivedRedirect>();
      waiting = { state, arrived: resolve };
      return raceSignal(promise, signal).finally(() => {
        if (waiting?.state === state) waiting = null;
      });
    },
    async [Symbol.asyncDispose]() {
      const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)));
      for (const response of open) renderRedirectPage(response, REDIRECT_PAGES.failed);
      await settledWithin(Promise.all([...open].map(ended)), LAST_PAGE_MS);
      // Browsers leave connections open even if they never sent a request over them.
      for (const server of servers) server.closeAllConnections();
      await Promise.all(closed);
    },
  };
}

/** Page for a request that cannot be a redirect; null if it may be one. */
function refusalOf({ method, url = '', headers }: IncomingMessage, host: string): RedirectPage | null {
  if (headers.host?.toLowerCase() !== host) return REDIRECT_PAGES.otherHost;
  const [path] = url.split('?', 1);
  if (path !== REDIRECT_PATH) return REDIRECT_PAGES.otherPath;
  return method === 'GET' ? null : REDIRECT_PAGES.otherMethod;
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** Starts the servers of one port: one for each address of the host. */
async function listenOnLoopback(
  { host, fixedPort, preferredPort = null }: LoopbackRedirectOptions,
  listener: Listener,
): Promise<readonly [Server, ...Server[]]> {
  const candidates = fixedPort !== null ? [fixedPort] : [...(preferredPort === null ? [] : [preferredPort])];
  const anyPort = fixedPort !== null ? [] : Array.from({ length: PORT_TRIES }, () => 0);
  for (const candidate of [...candidates, ...anyPort]) {
    const first = await listen(listener, '127.0.0.1', candidate);
    if (first === 'taken') continue;
    if (first === 'no-address') break;
    if (host === '127.0.0.1') return [first];
    const second = await listen(listener, '::1', portOf(first));
    if (second === 'no-address') return [first];
    if (second !== 'taken') return [first, second];
    // Another process would receive the redirects of browsers that prefer IPv6.
    await new Promise((resolve) => first.close(resolve));
  }
  const message =
    fixedPort === null
      ? 'No port of 127.0.0.1 can be listened on, so the redirect of the login could not be received.'
      : `Port ${fixedPort}, which the entry names as its callback port, is taken by another program.`;
  throw new SwitchyardError('LOGIN_FAILED', message);
}

/** `taken`: the port is not free, or may not be used; `no-address`: the machine does not have this address. */
async function listen(listener: Listener, address: string, port: number): Promise<Server | 'taken' | 'no-address'> {
  const server = createServer(
    { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS, connectionsCheckingInterval: 1_000 },
    listener,
  );
  server.maxConnections = MAX_CONNECTIONS;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ port, host: address, exclusive: true }, resolve);
  try {
    await promise;
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EADDRINUSE' || code === 'EACCES') return 'taken';
    if (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT') return 'no-address';
    throw error;
  }
  server.off('error', reject);
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** Resolves once the response was sent, or its connection is gone. */
function ended(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    if (response.closed) resolve();
    else response.once('close', () => resolve());
  });
}
