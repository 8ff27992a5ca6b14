import type { SwitchyardError } from '../../shared/errors.ts';
import type { ConnectorIdentity } from '../connectors/connector-deps.ts';
import type { Transition } from '../connectors/connector-state.ts';
import { forgetConnector, recordTransition, recordUp } from '../observability/instruments.ts';
import type { Logger } from '../observability/logger.ts';

/** Logs and counts a change of state, once; a failure with its code. */
export function reportTransition(logger: Logger, connector: ConnectorIdentity, transition: Transition): void {
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

/** Logs that a connector's tools could not be read anew. */
export function reportListFailure(logger: Logger, connector: ConnectorIdentity, error: SwitchyardError): void {
  logger.warn(
    { event: 'tools-stale', connectorId: connector.id, code: error.code, err: error },
    `The tools of connector ${connector.id} could not be read anew; those in hand stay: ${error.message}`,
  );
}
