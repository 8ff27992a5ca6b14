import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { codeOf } from '../../../../shared/errors.ts';
import { isObject, type JsonObject } from '../../../mcp/json-rpc.ts';
import { refusePage } from '../../login/login-answers.ts';
import { loginOwners } from '../../login/login-owners.ts';
import type { LoginSite } from '../../login/login-site.ts';
import type { HopAnswer, ReplicaHop } from '../../replicas/replica-hop.ts';
import type { BodyBudget } from '../budgets/body-budget.ts';
import { readBody } from '../budgets/read-body.ts';
import type { HopHandler } from './hop-endpoint.ts';

/** Headers of a browser's request that are forwarded to the replica where the browser's login started. */
const SENT_ON = new Set([
  ...[
    'host',
    'origin',
    'content-type',
    'purpose',
    'x-purpose',
    'x-moz',
    'sec-purpose',
    'forwarded',
    'via',
    'x-real-ip',
  ],
  ...['sec-fetch-dest', 'sec-fetch-mode', 'sec-fetch-site', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto'],
]);

/** Only cookies of logins are forwarded. The operator's cookie is not. */
const LOGIN_COOKIE = /^\s*(?:__Host-)?switchyard-login-/;

/** Maximum size of a form, in bytes. A login form has at most two fields. */
const MAX_BYTES = 8 * 1024;

const GONE =
  'The replica of this gateway where the login started has stopped. Get a new address where you got this one.';

export interface LoginHopDeps {
  readonly logins: LoginSite;
  readonly replicas: ReplicaHop;
  readonly bodies: BodyBudget;
}

/** Forwards a browser to the replica where its login started. Returns false if that is this replica. */
export async function passLoginOn(
  request: IncomingMessage,
  response: ServerResponse,
  { logins, replicas, bodies }: LoginHopDeps,
): Promise<boolean> {
  const owners = loginOwners(request, replicas.hostId, (state) => logins.hasState(state));
  if (owners.length === 0) return false;
  const address = request.socket.remoteAddress ?? '';
  const body = await readBody(request, `address ${address}`, MAX_BYTES, bodies);
  if (!Buffer.isBuffer(body)) {
    refusePage(response, 413, 'The form is invalid. Load the page again.', { headers: { connection: 'close' } });
    return true;
  }
  const { method = '', url = '' } = request;
  const payload = { method, url, address, headers: headersFor(request.headers), body: body.toString('base64') };
  const gone = new AbortController();
  response.once('close', () => gone.abort(new Error('The browser disconnected')));
  let answer: HopAnswer | null = null;
  for (const ownerId of owners) {
    const next = await forward(replicas, ownerId, payload, gone.signal);
    if (next === null) continue;
    // The previous replica refused the request (403), because it does not have the login. The browser may have cookies
    // of several replicas, so the next replica may have the login.
    await answer?.body[Symbol.asyncIterator]().return?.();
    answer = next;
    if (next.head.status !== 403) break;
  }
  if (answer === null) refusePage(response, 403, GONE);
  else await passBack(answer, response);
  return true;
}

async function forward(
  replicas: ReplicaHop,
  ownerId: string,
  payload: JsonObject,
  signal: AbortSignal,
): Promise<HopAnswer | null> {
  try {
    return await replicas.forward('login', ownerId, payload, signal);
  } catch (error) {
    if (codeOf(error)?.startsWith('FLEET_') === true) return null;
    throw error;
  }
}

async function passBack({ head, body }: HopAnswer, response: ServerResponse): Promise<void> {
  const { status, headers } = head as { readonly status: number; readonly headers: Readonly<Record<string, string>> };
  response.writeHead(status, headers);
  // A page has only a few kilobytes, so there is no need to wait until the browser has read each chunk.
  for await (const chunk of body) response.write(chunk);
  response.end();
}

function headersFor({ cookie, ...headers }: IncomingHttpHeaders): JsonObject {
  const cookies = (cookie ?? '').split(';').filter((pair) => LOGIN_COOKIE.test(pair));
  const kept = Object.entries(headers).filter(([name]) => SENT_ON.has(name));
  return { ...Object.fromEntries(kept), ...(cookies.length > 0 && { cookie: cookies.join(';') }) };
}

/** Serves browsers whose logins started here, but whose requests reached another replica. */
export function createLoginHop(logins: LoginSite): HopHandler {
  return async (payload, response) => {
    const { method, url, address, headers, body } = payload;
    const isWhole = typeof method === 'string' && typeof url === 'string' && typeof address === 'string';
    if (!isWhole || !isObject(headers) || typeof body !== 'string') {
      response.writeHead(404).end();
      return;
    }
    const request = Object.assign(Readable.from([Buffer.from(body, 'base64')]), {
      ...{ method, url, headers, socket: { remoteAddress: address } },
    });
    // The two objects have all members of a request and a response that the login pages use.
    const answer = Object.assign(response, { req: request });
    await logins.visit(request as unknown as IncomingMessage, answer as unknown as ServerResponse);
  };
}
