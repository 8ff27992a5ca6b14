import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { settledWithin, startTimer } from '../../../shared/clock.ts';
import { messageOf, SwitchyardError } from '../../../shared/errors.ts';
import { firstAttempt } from '../../fleet/first-attempt.ts';
import type { Logger } from '../../observability/logger.ts';
import { findOpenTelemetry } from '../../observability/telemetry/open-telemetry.ts';
import { detached } from '../../observability/trace.ts';
import type { Gateway } from '../gateway.ts';
import { assertMetadataUrl, readPublicUrl } from '../login/access/public-url.ts';
import { LoginDesk } from '../login/login-desk.ts';
import { LoginSite } from '../login/login-site.ts';
import { FleetHop } from '../replicas/fleet-hop.ts';
import { reachableAddress } from '../replicas/reachable-address.ts';
import { Shares } from '../shares.ts';
import { createStatusSite } from '../status-page/status-site.ts';
import { assertTokens, isLoopback } from './access-tokens.ts';
import { Application } from './application.ts';
import { BodyBudget } from './budgets/body-budget.ts';
import { createGuard } from './guard.ts';
import type { ReadyFor } from './health.ts';
import { createHops } from './hops/create-hops.ts';
import { type ListenerLimits, shareOfCaller } from './limits.ts';
import { Backlog } from './mcp/backlog.ts';
import type { McpEndpointDeps } from './mcp/mcp-endpoint.ts';
import { createSessions } from './replicated-sessions.ts';

/** How a gateway listens for HTTP requests, and from whom. */
export interface ListenerOptions {
  readonly gateway: Gateway;
  readonly logger: Logger;
  /** Address to listen on, such as `127.0.0.1`. */
  readonly host: string;
  /** Port to listen on; 0 for any free port. */
  readonly port: number;
  /**
   * Access tokens of clients, each at least 16 visible ASCII characters and each given once. With an empty list, every
   * request that reaches the listener is accepted, so the listener must be on loopback.
   */
  readonly tokens: readonly string[];
  /**
   * Token of the operator, who may log in to connectors and see the page. It must not be one of `tokens`. Null or left
   * out for none.
   */
  readonly operatorToken?: string | null;
  /**
   * Address under which browsers reach the listener: https, or http on loopback. Defaults to the listener's own
   * address.
   */
  readonly publicUrl?: string | null;
  /**
   * https address of a client metadata document (CIMD) that another server hosts. It replaces the gateway's own
   * document.
   */
  readonly clientMetadataUrl?: string | null;
  /** Host names that requests may use, besides loopback. */
  readonly allowedHosts: readonly string[];
  /** Origins of browser pages that may send requests. */
  readonly allowedOrigins: readonly string[];
  /** What `/readyz` waits for. */
  readonly readyFor: ReadyFor;
  /** Whether clients of legacy revisions get a session. */
  readonly hasSessions: boolean;
  readonly limits: ListenerLimits;
}

/** HTTP listener of a gateway. */
export interface Listener {
  /** `http://HOST:PORT`, without a path. */
  readonly url: string;
  /**
   * Stops accepting work, lets running requests finish until the deadline, then ends everything. Idempotent; never
   * rejects.
   */
  close(drainMs: number): Promise<void>;
}

const MAX_HEADER_BYTES = 16 * 1024;
const HEADERS_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_MS = 65_000;

/** Maximum time that a gateway with a fleet waits for the fleet server before it listens. */
const JOIN_MS = 5_000;

/** How long a refused socket may take to read the response. */
const REFUSED_MS = 1_000;

/**
 * Serves a gateway over HTTP. Rejects with LISTEN_FAILED if listening fails. Rejects with OPTIONS_INVALID if a token is
 * invalid, or if other machines could reach the listener and there are no tokens. With a fleet, first waits up to 5 s
 * for the fleet server.
 */
export async function listenHttp(options: ListenerOptions): Promise<Listener> {
  const { gateway, host, port, limits, tokens, logger, operatorToken = null, clientMetadataUrl = null } = options;
  assertAccess(host, tokens, operatorToken);
  const publicUrl = typeof options.publicUrl === 'string' ? readPublicUrl(options.publicUrl, 'publicUrl') : null;
  if (clientMetadataUrl !== null) assertMetadataUrl(clientMetadataUrl, 'clientMetadataUrl');
  const draining = new AbortController();
  const share = shareOfCaller(tokens.length);
  const { fleet } = gateway;
  const replicas = fleet === null ? null : new FleetHop(fleet, logger);
  const { sessions, sharing } = createSessions(gateway, limits, fleet, replicas);
  const forget = gateway.addSessions(() => sessions.all().map(({ client }) => client));
  const endpoint: McpEndpointDeps = {
    ...{
      server: gateway.server,
      host: gateway.host,
      notices: gateway.notices,
      watches: gateway.watches,
      levels: gateway.levels,
      states: gateway.states,
      replicas,
    },
    ...{ sessions, streams: new Shares(limits.maxStreams, share), backlog: new Backlog(share) },
    ...{ bodies: new BodyBudget(limits.maxBodiesBytes, share), running: new Shares(limits.maxConcurrent, share) },
    ended: sharing === null ? null : (session) => sharing.ended(session),
    ...{ hasSessions: options.hasSessions, maxBodyBytes: limits.maxBodyBytes, draining: draining.signal },
  };
  const site = createStatusSite({ manager: gateway.manager, latencies: gateway.latencies });
  const publicHosts = publicUrl === null ? [] : [publicUrl.hostname];
  const allowedHosts = [...options.allowedHosts, ...publicHosts];
  const guard = createGuard({ ...options, allowedHosts, isLoopback: isLoopback(host) });
  const desk = new LoginDesk({
    ...{ manager: gateway.manager, logger, clientMetadataUrl, ownUrl: () => url, hostId: fleet?.hostId ?? null },
    rules: {
      ...{ isStdio: false, isLoopback: isLoopback(host), tokenCount: tokens.length, publicUrl },
      hasFurtherHosts: !options.allowedHosts.every((name) => isLoopback(name)),
      hasOperatorToken: operatorToken !== null,
    },
  });
  const logins = new LoginSite({ desk, logger, operatorToken, sealer: fleet?.sealer ?? null });
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: Math.min(HEADERS_TIMEOUT_MS, limits.requestTimeoutMs),
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: 1_000,
    noDelay: true,
  });
  server.maxConnections = limits.maxConnections;
  const { readyFor } = options;
  const hops = createHops({ gateway, endpoint, sharing, desk, logins, logger });
  const app = new Application({ gateway, logger, readyFor, guard, endpoint, site, desk, logins, hops });
  server.on('request', (request, response) => void app.handle(request, response));
  server.on('checkContinue', (request, response) => {
    // A client that sends `Expect: 100-continue` has not sent its body yet. If the body is too long, it is refused now.
    if (Number(request.headers['content-length'] ?? 0) <= limits.maxBodyBytes) response.writeContinue();
    void app.handle(request, response);
  });
  server.on('connect', (_, socket) => endSocket(socket as Socket, '405 Method Not Allowed'));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuseSocket(error, socket as Socket));
  await findOpenTelemetry();
  // A replica that has not joined its fleet knows nothing of the sessions that clients have at the other replicas.
  if (fleet !== null) await firstAttempt(fleet, JOIN_MS);
  // Requests must not become part of the trace that is active when the host starts to listen.
  const address = await detached(() => listen(server, host, port));
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`;
  fleet?.announceAddress(reachableAddress(host, address.port));
  let closing: Promise<void> | null = null;
  const close = async (drainMs: number): Promise<void> => {
    // In a fleet, this replica keeps listening while running calls end. These calls may send server requests to
    // clients. Another replica that receives a client's answer must be able to reach this replica.
    if (fleet === null) server.close();
    // Notification streams have no natural end, so they are ended immediately.
    draining.abort(new SwitchyardError('CLOSED', 'The gateway is shutting down.'));
    server.closeIdleConnections();
    await gateway.drained(drainMs);
    if (fleet !== null) server.close();
    sharing?.close();
    sessions.close();
    site.close();
    desk.close();
    forget();
    // All responses have been written, so there is no need to wait for clients that do not read them.
    await settledWithin(new Promise((resolve) => server.once('close', resolve)), 100);
    server.closeAllConnections();
    await replicas?.[Symbol.asyncDispose]();
  };
  return {
    url,
    close: (drainMs) => (closing ??= close(drainMs)),
  };
}

/** Throws OPTIONS_INVALID if other machines can reach `host` and there are no tokens, or if a token is invalid. */
function assertAccess(host: unknown, tokens: unknown, operatorToken: unknown): void {
  if (typeof host !== 'string' || host === '')
    throw new SwitchyardError('OPTIONS_INVALID', 'host must be an address to listen on, such as 127.0.0.1');
  if (!Array.isArray(tokens))
    throw new SwitchyardError('OPTIONS_INVALID', 'tokens must be a list of access tokens; it may be empty on loopback');
  const named = tokens.map((token: unknown, index) => [`tokens[${index}]`, token] as const);
  assertTokens(operatorToken === null ? named : [...named, ['operatorToken', operatorToken]]);
  if (!isLoopback(host) && tokens.length === 0)
    throw new SwitchyardError(
      'OPTIONS_INVALID',
      `Other machines can reach ${host}, so a gateway that listens there needs access tokens`,
    );
}

/** Sends an error status for malformed, oversized or slow requests, if the socket is still writable. */
function refuseSocket(error: NodeJS.ErrnoException, socket: Socket): void {
  const status =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? '431 Request Header Fields Too Large'
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? '408 Request Timeout'
        : '400 Bad Request';
  endSocket(socket, status);
}

function endSocket(socket: Socket, status: string): void {
  socket.on('error', () => {});
  if (socket.writable) socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  // Without this, a client that does not close its end of the socket would occupy a connection.
  startTimer(REFUSED_MS, () => socket.destroy());
}

async function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
  } catch (error) {
    const why = `Cannot listen on ${host}:${port}: ${messageOf(error)}`;
    throw new SwitchyardError('LISTEN_FAILED', why, { cause: error });
  }
  return server.address() as AddressInfo;
}
