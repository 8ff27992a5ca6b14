import { answeredMethods } from '../../../mcp/host-side.ts';
import type { Forwarded } from '../../messages/exchange.ts';
import { type ConnectorRequestDeps, connectorRequest, type Forwarding, isModern } from './connector-request.ts';
import { HeldCalls } from './held-calls.ts';
import { askForLogin, neededLogin } from './login-needed.ts';

export interface ForwardDeps extends ConnectorRequestDeps {
  readonly held: HeldCalls;
}

/**
 * Forwards a client's request to a connector. A legacy connector may send a server request before it responds. A modern
 * client cannot receive a server request. Instead, the client's request is held, and the response states that input is
 * required. `about` identifies the request; a retry of a held request must have the same value.
 */
export async function forward(forwarding: Forwarding, about: () => string, deps: ForwardDeps): Promise<Forwarded> {
  try {
    return await send(forwarding, about, deps);
  } catch (error) {
    const { connectorId, exchange, params } = forwarding;
    const needed = neededLogin(error, connectorId, deps.manager.facts(connectorId) !== null);
    if (needed === null || exchange.signal.aborted) throw error;
    // The connector does not know the state of a call that was held here.
    const { requestState, inputResponses: _inputResponses, ...fresh } = params;
    const again = HeldCalls.isState(requestState) ? { ...forwarding, params: fresh } : forwarding;
    return await askForLogin(needed, exchange, { about, send: connectorRequest(again, deps), held: deps.held });
  }
}

async function send(forwarding: Forwarding, about: () => string, deps: ForwardDeps): Promise<Forwarded> {
  const { connectorId, exchange, params } = forwarding;
  if (HeldCalls.isState(params.requestState))
    return await deps.held.resume(params.requestState, about(), params.inputResponses, exchange);
  const request = connectorRequest(forwarding, deps);
  const isAskable = exchange.ask === null && answeredMethods(exchange).length > 0;
  if (isAskable && !isModern(connectorId, deps)) return await deps.held.start(exchange, about(), request);
  return await request({ signal: exchange.signal, current: () => exchange, ask: refuse });
}

function refuse(): Promise<never> {
  return Promise.reject(new Error('This client does not accept server requests'));
}
