import { type Cancellation, signalOf } from '../../../../shared/cancellation.ts';
import { settledWithin } from '../../../../shared/clock.ts';
import { SwitchyardError } from '../../../../shared/errors.ts';
import { type JsonObject, RPC_INTERNAL_ERROR, RpcError } from '../../../mcp/json-rpc.ts';
import { opensAddresses } from '../../messages/capabilities.ts';
import type { Exchange, Forwarded } from '../../messages/exchange.ts';
import type { LoginOffer, OfferedAddress } from '../../messages/login-offer.ts';
import { RPC_URL_ELICITATION_REQUIRED } from '../../messages/named-questions.ts';
import type { HeldCalls, HeldContext } from './held-calls.ts';

/** A request that was rejected because its connector requires a login. The connector did not run the request. */
export interface NeededLogin {
  readonly connectorId: string;
  /** Issuer at which the user has to log in; null while unknown. */
  readonly issuer: string | null;
  /** Whether the connector is up, and only this request requires a login or more rights. */
  readonly isStepUp: boolean;
  /** Whether there is a login that lacks the rights for this request. */
  readonly wantsMoreRights: boolean;
}

/** Maximum number of nested causes of an error that are searched. */
const MAX_CAUSES = 8;

/**
 * How long a client's request waits for the login after the user has opened the address. After this time the client is
 * prompted once more, because clients time out after a minute.
 */
const LOGIN_WAIT_MS = 45_000;

/** Returns the login that an error requires, or null if it requires none. `isUp` states whether the connector is up. */
export function neededLogin(error: unknown, connectorId: string, isUp: boolean): NeededLogin | null {
  let current = error;
  for (let depth = 0; depth < MAX_CAUSES && current instanceof Error; depth += 1) {
    if (current instanceof SwitchyardError && current.code === 'CONNECTOR_LOGIN_NEEDED') {
      const { issuer, status } = current.detail;
      const where = typeof issuer === 'string' && issuer !== '' ? issuer : null;
      return { connectorId, issuer: where, isStepUp: isUp, wantsMoreRights: status === 403 };
    }
    current = current.cause;
  }
  return null;
}

/** What is needed to hold a request until the login is done, and to send it afterwards. */
export interface Interrupted {
  readonly about: () => string;
  readonly send: (context: HeldContext) => Promise<Forwarded>;
  readonly held: HeldCalls;
}

/**
 * Tells a client that its request needs a login. A modern client that opens addresses gets the response that input is
 * required, and its retry runs the request. A legacy client that opens addresses gets an error with the address (MCP
 * 2025-11-25, URL elicitation required), and a notification after the login. All other clients get an error with the
 * address or another remedy. Rejects with an RpcError.
 */
export async function askForLogin(
  needed: NeededLogin,
  exchange: Exchange,
  { about, send, held }: Interrupted,
): Promise<Forwarded> {
  const offer = await offerOf(needed, exchange);
  if (offer.kind !== 'address' || !opensAddresses(exchange.capabilities)) throw loginError(needed, offer);
  if (exchange.era === 'legacy') throw elicitationError(needed, offer, exchange);
  return await held.start(exchange, about(), async (context) => {
    await awaitLogin(needed, offer, context);
    return await send(context);
  });
}

async function offerOf(needed: NeededLogin, exchange: Exchange): Promise<LoginOffer> {
  const { connectorId, issuer, isStepUp } = needed;
  const { principal, headers, clientName = null, logins = null } = exchange;
  if (logins === null) return { kind: 'command' };
  return await logins.offer({ connectorId, issuer, isStepUp, principal, clientName, headers });
}

/** Prompts the client to open the address until the login is done. Rejects with an RpcError if the user declines. */
async function awaitLogin(needed: NeededLogin, offer: OfferedAddress, context: HeldContext): Promise<void> {
  let outcome: boolean | null = null;
  void offer.finished.then((isDone) => {
    outcome = isDone;
  });
  const given = whenAborted(context.signal);
  while (outcome === null && !context.signal.aborted) {
    const params = { mode: 'url', url: offer.url, message: askingText(needed) };
    const { action } = await context.ask('elicitation/create', params, signalOf(context.signal));
    if (action !== 'accept') throw loginError(needed, offer);
    await settledWithin(Promise.race([offer.finished, given]), LOGIN_WAIT_MS);
  }
  if (outcome !== true) throw loginError(needed, { kind: 'command' });
}

function elicitationError(needed: NeededLogin, offer: OfferedAddress, { client, tell = null }: Exchange): RpcError {
  const { elicitationId, url } = offer;
  if (tell !== null) offer.tell(client, () => tell('notifications/elicitation/complete', { elicitationId }));
  const message = askingText(needed);
  const data = { elicitations: [{ mode: 'url', elicitationId, url, message }], ...dataOf(needed, offer) };
  return new RpcError(RPC_URL_ELICITATION_REQUIRED, message, data);
}

function loginError(needed: NeededLogin, offer: LoginOffer): RpcError {
  const text = `CONNECTOR_LOGIN_NEEDED: ${wantsText(needed)} ${whatToDo(needed, offer)}`;
  return new RpcError(RPC_INTERNAL_ERROR, text, dataOf(needed, offer));
}

function whatToDo({ connectorId }: NeededLogin, offer: LoginOffer): string {
  const command = `\`mcp-switchyard auth login ${connectorId}\``;
  if (offer.kind === 'address') return `Open ${offer.url} in a browser within ten minutes, log in, and try again.`;
  if (offer.kind === 'operator')
    return `An operator must log in, with ${command} on the gateway’s machine or on its status page.`;
  return `Run ${command} on the gateway’s machine, and try again.`;
}

function askingText(needed: NeededLogin): string {
  return `${wantsText(needed)} Open the address to log in.`;
}

function wantsText({ connectorId, issuer, wantsMoreRights }: NeededLogin): string {
  const what = wantsMoreRights ? 'a login with more rights' : 'a login';
  return `Connector ${JSON.stringify(connectorId)} needs ${what}${issuer === null ? '' : ` at ${issuer}`}.`;
}

/** Error data for machines. It contains no text of the connector. */
function dataOf({ connectorId }: NeededLogin, offer: LoginOffer): JsonObject {
  const address = offer.kind === 'address' ? { loginUrl: offer.url, expiresAt: offer.expiresAt } : {};
  return { code: 'CONNECTOR_LOGIN_NEEDED', connectorId, ...address };
}

function whenAborted(signal: Cancellation): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
