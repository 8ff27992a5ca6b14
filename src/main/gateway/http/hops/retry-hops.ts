import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { isObject, type JsonObject } from '../../../mcp/json-rpc.ts';
import type { View } from '../../catalog/view.ts';
import { asClientMessage } from '../../messages/client-message.ts';
import type { LoginDoor } from '../../messages/login-offer.ts';
import { inTurn, type McpEndpointDeps } from '../mcp/mcp-endpoint.ts';
import { answerModern } from '../mcp/modern-requests.ts';
import { HttpReply } from '../mcp/reply.ts';
import type { McpHttpRequest } from '../mcp/serve-request.ts';
import type { HopHandler } from './hop-endpoint.ts';
import type { HopResponse } from './hop-response.ts';

export interface RetryHopDeps {
  readonly endpoint: McpEndpointDeps;
  readonly logins: LoginDoor;
  /** Returns the view of a path; undefined for a path without a view. */
  readonly viewAt: (path: string) => Promise<View | undefined>;
}

/**
 * Serves retries that clients sent to other replicas although this replica holds the calls, as if they had been sent
 * here. The other replica has authenticated the client, and this replica checks that the call belongs to that client. A
 * retry is forwarded only once.
 */
export function createRetryHop({ endpoint, logins, viewAt }: RetryHopDeps): HopHandler {
  return async (payload, response) => {
    const { principal, payer, path, headers } = payload;
    const message = asClientMessage(payload.message);
    const view = typeof path === 'string' ? await viewAt(path) : undefined;
    const isWhole = typeof principal === 'string' && typeof payer === 'string' && isObject(headers);
    if (!isWhole || message.kind !== 'request' || view === undefined) {
      response.writeHead(404).end();
      return;
    }
    const request = { headers: headersOf(headers), url: path as string };
    const http: McpHttpRequest = {
      ...{ request, response: asServerResponse(response), caller: { principal, payer, view, logins } },
      reply: new HttpReply(request, asServerResponse(response), payer, endpoint.backlog),
    };
    const deps = { ...endpoint, replicas: null };
    await inTurn(http, message, deps, () => answerModern(http, message, deps));
  };
}

function headersOf(headers: JsonObject): IncomingHttpHeaders {
  const texts = Object.entries(headers).filter(([, value]) => typeof value === 'string');
  return Object.fromEntries(texts) as IncomingHttpHeaders;
}

/** Casts a hop response to a `ServerResponse`: it has every member that a reply and the reply's events use. */
function asServerResponse(response: HopResponse): ServerResponse {
  return response as unknown as ServerResponse;
}
