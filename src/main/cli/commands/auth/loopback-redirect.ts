import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { raceSignal, settledWithin } from '../../../../shared/clock.ts';
import { codeOf, SwitchyardError } from '../../../../shared/errors.ts';
import { REDIRECT_PAGES, type RedirectPage, renderRedirectPage } from './redirect-page.ts';
import { faultOfRedirect } from './redirect-parameters.ts';

/** Path of the redirect address. */
const REDIRECT_PATH = '/callback';

/** How long a browser may take to send a request, in milliseconds. */
const REQUEST_TIMEOUT_MS = 5_000;

/** Maximum time to deliver the last page before the listener closes, in milliseconds. */
const LAST_PAGE_MS = 1_000;

/** Maximum number of open connections. */
const MAX_CONNECTIONS = 64;

/** Number of attempts to find a port that is free on 127.0.0.1 and on ::1. */
const PORT_TRIES = 8;

/** A redirect with the `state` of the login. */
interface ArrivedRedirect {
  readonly parameters: URLSearchParams;
  /** Shows a page about the outcome of the login in the browser. Only the first call has an effect. */
  readonly answer: (page: RedirectPage) => void;
}

/** An HTTP listener on loopback that receives the redirects of logins, one login at a time. */
export interface LoopbackRedirect extends AsyncDisposable {
  /** The redirect address, such as `http://127.0.0.1:53412/callback`. */
  readonly url: string;
  /**
   * Resolves with the first redirect that has this `state`. Refuses all later redirects, and redirects with another
   * `state`. Rejects with the reason of `signal`.
   */
  readonly receive: (state: string, signal: AbortSignal) => Promise<ArrivedRedirect>;
}

export interface LoopbackRedirectOptions {
  /**
   * Host of the redirect address. With `localhost`, the listener accepts connections to 127.0.0.1 and, if the machine
   * supports IPv6, to ::1, because a browser may use either address.
   */
  readonly host: '127.0.0.1' | 'localhost';
  /** The port that must be used (`oauth.callbackPort`); null if any port may be used. */
  readonly fixedPort: number | null;
  /** The port that is tried first if `fixedPort` is null; null for any free port. */
  readonly preferredPort?: number | null;
}

/** The login for which the listener is waiting. */
interface Waiting {
  readonly state: string;
  readonly arrived: (redirect: ArrivedRedirect) => void;
}

/**
 * Listens for the redirects of logins (RFC 8252 section 7.3). Accepts only GET requests for the path of the redirect.
 * Their `Host` header must name the listener, as protection against DNS rebinding. Rejects with LOGIN_FAILED if the
 * fixed port is in use.
 */
export async function listenForRedirect(options: LoopbackRedirectOptions): Promise<LoopbackRedirect> {
  let waiting: Waiting | null = null;
  const open = new Set<ServerResponse>();
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    open.add(response);
    response.once('close', () => open.delete(response));
    // The body of the request is not read, because the response closes the connection.
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
  // `URL.host` leaves out the default port 80. So do browsers in the `Host` header.
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
      // A browser may have opened connections over which it never sends a request.
      for (const server of servers) server.closeAllConnections();
      await Promise.all(closed);
    },
  };
}

/** Returns the page for a request that cannot be a redirect; null if the request may be a redirect. */
function refusalOf({ method, url = '', headers }: IncomingMessage, host: string): RedirectPage | null {
  if (headers.host?.toLowerCase() !== host) return REDIRECT_PAGES.otherHost;
  const [path] = url.split('?', 1);
  if (path !== REDIRECT_PATH) return REDIRECT_PAGES.otherPath;
  return method === 'GET' ? null : REDIRECT_PAGES.otherMethod;
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** Starts a server on 127.0.0.1 and, for `localhost`, another one on the same port of ::1. */
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
    // Another process uses this port on ::1. Browsers that prefer IPv6 would send the redirect to that process, so
    // another port is tried.
    await new Promise((resolve) => first.close(resolve));
  }
  const message =
    fixedPort === null
      ? 'The redirect of the login could not be received, because no port of 127.0.0.1 is available.'
      : `Port ${fixedPort}, which the entry names as its callback port, is in use by another program.`;
  throw new SwitchyardError('LOGIN_FAILED', message);
}

/**
 * Starts a server. Resolves with `taken` if the port is in use or not permitted, and with `no-address` if the machine
 * does not have the address.
 */
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

/** Resolves once the response was sent or its connection was closed. */
function ended(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    if (response.closed) resolve();
    else response.once('close', () => resolve());
  });
}
