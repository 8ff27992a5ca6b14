import { codeOf, SwitchyardError } from '../../shared/errors.ts';

/**
 * The part of a caller's agent that this package needs: undici's `Dispatcher`, with the types of any version of undici.
 */
export interface AgentLike {
  dispatch(...args: never[]): unknown;
}

/** A handler of the kind that undici 8's fetch passes to an agent. undici 6 expects a handler with other methods. */
const HANDLER = {
  onRequestStart(): void {},
  onRequestUpgrade(): void {},
  onResponseStart(): void {},
  onResponseData(): void {},
  onResponseEnd(): void {},
  onResponseError(): void {},
};

/**
 * Throws AGENT_INCOMPATIBLE for an agent that cannot serve undici 8's fetch, such as an agent of undici 6. Passes the
 * agent a request without a destination, which never reaches the network. A compatible agent reports the missing
 * destination to the handler; an incompatible one throws.
 */
export function assertCompatibleAgent(agent: AgentLike): void {
  const dispatch = agent.dispatch.bind(agent) as (request: object, handler: object) => unknown;
  try {
    dispatch({ origin: '', path: '/', method: 'GET' }, HANDLER);
  } catch (error) {
    const isHandlerRefused =
      codeOf(error) === 'UND_ERR_INVALID_ARG' || (error instanceof TypeError && codeOf(error) === null);
    if (!isHandlerRefused) return;
    throw new SwitchyardError(
      'AGENT_INCOMPATIBLE',
      'Option agent: this agent does not work with undici 8; it may come from undici 6. Create it with undici ' +
        '7 or 8, or omit the option.',
      { cause: error, detail: { option: 'agent' } },
    );
  }
}
