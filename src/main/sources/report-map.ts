import type { Delta } from '../../shared/map/delta.ts';
import type { Logger } from '../observability/logger.ts';
import type { Contest } from './connector-sources.ts';

/** Contested ids that are named in one line. */
const MAX_NAMED = 8;

/** A map that was accepted. */
export interface AcceptedMap {
  readonly sourceId: string;
  readonly revision: number;
  readonly size: number;
  readonly delta: Delta;
  /** Those of its new connectors that another map lists too. */
  readonly contests: readonly Contest[];
}

/** Logs that a map was accepted, and which of its new connectors another map has too. */
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
    `More than one service map lists ${named.join(', ')}${more}; the source in brackets counts`,
  );
}
