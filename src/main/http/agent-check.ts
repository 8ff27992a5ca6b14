import { codeOf, SwitchyardError } from '../../shared/errors.ts';

/** What this package needs of a caller's Agent: undici's `Dispatcher`, whichever version typed it. */
export interface AgentLike {
  dispatch(...args: never[]): unknown;
}

/** As undici 8's fetch hands its requests over; undici 6 looks for the methods of its own time instead. */
const HANDLER = {
  onRequestStart(): void {},
  onRequestUpgrade(): void {},
  onResponseStart(): void {},
  onResponseData(): void {},
  onResponseEnd(): void {},
  onResponseError(): void {},
};

/**
 * Throws AGENT_INCOMPATIBLE for an Agent that cannot serve undici 8's fetch, as undici 6's cannot. It is handed a request without a
 * destination, which never reaches the network: one that takes our kind of handler reports the lack to it, one that does not throws.
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
      'Option agent: this Agent does not work with undici 8, as those of undici 6 do not. Make it with undici 7 or 8, or leave it out.',
      { cause: error, detail: { option: 'agent' } },
    );
  }
}
