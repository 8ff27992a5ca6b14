import type { SwitchyardError } from '../../shared/errors.ts';
import type { Delta } from '../../shared/map/delta.ts';
import type { ConnectorIdentity } from '../connectors/connector-deps.ts';
import type { Transition } from '../connectors/connector-state.ts';
import { forgetConnector, recordTransition, recordUp } from '../observability/instruments.ts';
import type { Logger } from '../observability/logger.ts';
import type { Contest } from '../sources/connector-sources.ts';

/** Maximum number of contested ids in one log line. */
const MAX_NAMED = 8;

/** The facts about an accepted map that are logged. */
export interface AcceptedMap {
  readonly sourceId: string;
  readonly revision: number;
  readonly size: number;
  readonly delta: Delta;
  /** Contested ids among the new connectors: ids that another map lists too. */
  readonly contests: readonly Contest[];
}

/** Logs that a map was accepted, and which ids of its new connectors another map also lists. */
export function reportMap(logger: Logger, { sourceId, revision, size, delta, contests }: AcceptedMap): void {
  const counts = { added: delta.added.length, changed: delta.changed.length, removed: delta.removed.length };
  logger.info(
    { event: 'map-accepted', sourceId, revision, connectors: size, ...counts },
    `Service map of ${size} connectors accepted`,
  );
  if (contests.length === 0) return;
  const named = contests.slice(0, MAX_NAMED).map(({ connectorId, sourceIds }) => `${connectorId} (${sourceIds[0]})`);
  const more = contests.length > MAX_NAMED ? ` and ${contests.length - MAX_NAMED} more` : '';
  logger.warn(
    { event: 'connector-contested', sourceId, connectors: contests.length },
    `More than one service map lists ${named.join(', ')}${more}; the source in brackets wins`,
  );
}

/**
 * Logs and counts a change of a connector's state. A failure is logged with its code. A missing login is logged in the
 * same way, but not counted as a failure.
 */
export function reportTransition(logger: Logger, connector: ConnectorIdentity, transition: Transition): void {
  const { from, to, why } = transition;
  // The removal of a disabled connector is not logged, because a map can have thousands of disabled connectors.
  const isSilent = from === 'disabled' && to === 'closing';
  const isFailure = to === 'failed' || to === 'backing-off';
  const isTrouble = isFailure || to === 'needs-login';
  const code = isTrouble ? connector.lastErrorCode : null;
  if (!isSilent) {
    logger[isTrouble ? 'warn' : 'info'](
      { event: 'connector-state', connectorId: connector.id, from, to, ...(code !== null && { code }) },
      `Connector ${connector.id}: ${to} (${why})`,
    );
  }
  recordTransition(transition, isFailure ? code : null);
  if (to === 'closing') forgetConnector(connector.id);
  else recordUp(connector.id, to === 'ready' || to === 'degraded');
}

/** Logs that the tool list of a connector could not be read again. */
export function reportListFailure(logger: Logger, connector: ConnectorIdentity, error: SwitchyardError): void {
  logger.warn(
    { event: 'tools-stale', connectorId: connector.id, code: error.code, err: error },
    `The tools of connector ${connector.id} could not be read again; its last list stays in use: ${error.message}`,
  );
}
