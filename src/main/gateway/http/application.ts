import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf } from '../../../shared/errors.ts';
import { getConnectorMetricsRegistry, recordGatewayRefusal } from '../../observability/instruments.ts';
import type { Logger } from '../../observability/logger.ts';
import type { View } from '../catalog/view.ts';
import type { Gateway } from '../gateway.ts';
import type { LoginDesk } from '../login/login-desk.ts';
import type { LoginSite } from '../login/login-site.ts';
import type { StatusSite } from '../status-page/status-site.ts';
import { ANONYMOUS, type Guard } from './guard.ts';
import { isReady, type ReadyFor, withoutNames } from './health.ts';
import { HopEndpoint } from './hops/hop-endpoint.ts';
import { passLoginOn } from './hops/login-hops.ts';
import { handleMcp, type McpEndpointDeps } from './mcp/mcp-endpoint.ts';
import type { Caller } from './mcp/serve-request.ts';
import { requestFault } from './request-faults.ts';
import { pathOf, viewAt } from './view-at.ts';

export interface ApplicationParts {
  readonly gateway: Gateway;
  readonly logger: Logger;
  readonly readyFor: ReadyFor;
  readonly guard: Guard;
  readonly endpoint: McpEndpointDeps;
  readonly site: StatusSite;
  readonly desk: LoginDesk;
  readonly logins: LoginSite;
  /** Endpoint for hops, which are requests from other replicas; null without a fleet. */
  readonly hops: HopEndpoint | null;
}

/** Routes requests by path, and lets the guard decide about access. */
export class Application {
  readonly #parts: ApplicationParts;

  constructor(parts: ApplicationParts) {
    this.#parts = parts;
  }

  /** Serves one request. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#route(request, response);
    } catch (error) {
      // No response reaches a client that has disconnected.
      if (response.destroyed || request.destroyed) return;
      this.#parts.logger.error({ event: 'gateway-failed', err: error }, `A request failed: ${messageOf(error)}`);
      if (response.headersSent) response.destroy();
      else refuse(response, 500, 'The gateway failed. The reason is in its log.');
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { gateway, guard, endpoint, site, logins, desk, readyFor, hops } = this.#parts;
    const isDraining = endpoint.draining.aborted;
    const fault = requestFault(request);
    if (fault !== null) {
      // The end of a malformed request is uncertain, so the connection cannot be used for another request.
      response.setHeader('connection', 'close');
      return refuse(response, 400, fault);
    }
    // The guard does not check requests from other replicas. Replicas authenticate themselves, and may use any host
    // name.
    if (hops !== null && HopEndpoint.isHop(request.url)) return await hops.handle(request, response);
    const refusal = guard.checkOrigin(request.headers);
    if (refusal !== null) return refuse(response, refusal.status, refusal.why);
    allowOrigin(request, response, guard.corsOrigin(request.headers));
    if (request.method === 'OPTIONS') return void response.writeHead(204).end();
    const pathname = pathOf(request.url);
    if (pathname === undefined) return refuse(response, 400, 'The request target is not a valid path');
    if (isDraining) response.setHeader('connection', 'close');
    if (pathname === '/healthz') return answerJson(response, 200, { status: 'ok' });
    if (pathname === '/readyz') {
      const readiness = isReady(gateway.manager, readyFor, isDraining);
      // Probes have no token, so they do not get the names of connectors. Only callers who may see the status page get
      // them.
      const isTrusted = 'principal' in guard.authenticate(request);
      return answerJson(response, readiness.isReady ? 200 : 503, isTrusted ? readiness : withoutNames(readiness));
    }
    const caller = guard.authenticate(request);
    const principal = 'principal' in caller ? caller.principal : null;
    if (pathname.startsWith('/login/')) {
      const { replicas, bodies } = endpoint;
      if (replicas !== null && (await passLoginOn(request, response, { logins, replicas, bodies }))) return;
      return await logins.handle(request, response, pathname, principal);
    }
    // An operator who has signed in sees the page even if callers need a token.
    const viewer = site.has(pathname) ? await logins.viewer(request, principal) : null;
    if (viewer !== null && (principal !== null || logins.isSignedIn(request)))
      return void site.handle(request, response, pathname, viewer);
    if ('status' in caller) {
      response.setHeader('www-authenticate', pathname.endsWith('/mcp') ? 'Bearer' : 'Basic realm="switchyard"');
      return refuse(response, caller.status, caller.why);
    }
    const view = pathname === '/mcp' ? gateway.view() : await viewAt(gateway, pathname);
    if (view !== undefined)
      return await handleMcp(
        request,
        response,
        { ...callerOf(request, caller.principal, view), logins: desk },
        endpoint,
      );
    if (pathname === '/metrics') return answerMetrics(response);
    refuse(response, 404, 'Unknown path. Use /mcp, /c/CONNECTOR/mcp, /metrics, /healthz, /readyz, or the page at /');
  }
}

function callerOf({ socket }: IncomingMessage, principal: string, view: View): Omit<Caller, 'logins'> {
  const payer = principal === ANONYMOUS ? `address ${socket.remoteAddress ?? ''}` : principal;
  return { principal, payer, view };
}

function allowOrigin({ headers }: IncomingMessage, response: ServerResponse, origin: string | null): void {
  if (origin === null) return;
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader('vary', 'origin');
  response.setHeader('access-control-allow-methods', 'GET, POST, DELETE');
  // Tools define their own headers (MCP 2026-07-28, custom headers).
  const asked = headers['access-control-request-headers'];
  if (asked !== undefined) response.setHeader('access-control-allow-headers', asked);
  response.setHeader('access-control-expose-headers', 'mcp-session-id, retry-after, www-authenticate');
}

function refuse(response: ServerResponse, status: number, why: string): void {
  recordGatewayRefusal(status);
  answerJson(response, status, { error: why });
}

function answerJson(response: ServerResponse, status: number, document: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(document)}\n`);
}

async function answerMetrics(response: ServerResponse): Promise<void> {
  const metrics = getConnectorMetricsRegistry();
  const text = await metrics.metrics();
  response.writeHead(200, { 'content-type': metrics.contentType }).end(text);
}
