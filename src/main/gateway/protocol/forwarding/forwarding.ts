import { answeredMethods } from '../../../mcp/host-side.ts';
import type { Forwarded } from '../../messages/exchange.ts';
import { type ConnectorRequestDeps, connectorRequest, type Forwarding, isModern } from './connector-request.ts';
import { HeldCalls } from './held-calls.ts';

export interface ForwardDeps extends ConnectorRequestDeps {
  readonly held: HeldCalls;
}

/**
 * Forwards a client's request to a connector. A legacy connector may ask something in the middle of a request. A
 * modern client cannot be asked: its request is held, and it is answered that input is required. `about` names the
 * request; a retry of a held request must have the same.
 */
export async function forward(forwarding: Forwarding, about: () => string, deps: ForwardDeps): Promise<Forwarded> {
  const { connectorId, exchange, params } = forwarding;
  if (HeldCalls.isState(params.requestState))
    return await deps.held.resume(params.requestState, about(), params.inputResponses, exchange);
  const send = connectorRequest(forwarding, deps);
  const isAskable = exchange.ask === null && answeredMethods(exchange).length > 0;
  if (isAskable && !isModern(connectorId, deps)) return await deps.held.start(exchange, about(), send);
  return await send({ signal: exchange.signal, current: () => exchange, ask: refuse });
}

function refuse(): Promise<never> {
  return Promise.reject(new Error('This client cannot be asked'));
}
