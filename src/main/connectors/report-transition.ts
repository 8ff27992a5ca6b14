import type { Logger } from '../logger.ts';
import { forgetConnector, recordTransition, recordUp } from '../metrics/instruments.ts';
import type { Connector } from './connector.ts';
import type { Transition } from './connector-state.ts';

/** Logs and counts a change of state, once; a failure with its code. */
export function reportTransition(logger: Logger, connector: Connector, transition: Transition): void {
  const { from, to, why } = transition;
  const isFailure = to === 'failed' || to === 'backing-off';
  const code = isFailure ? connector.lastErrorCode : null;
  logger[isFailure ? 'warn' : 'info'](
    { event: 'connector-state', connectorId: connector.id, from, to, ...(code !== null && { code }) },
    `Connector ${connector.id}: ${to} (${why})`,
  );
  recordTransition(transition, code);
  if (to === 'closing') forgetConnector(connector.id);
  else recordUp(connector.id, to === 'ready' || to === 'degraded');
}
