import { recordClientSession } from '../../observability/telemetry/session-durations.ts';
import type { BroughtUp } from '../bring-up/bring-up.ts';
import type { ToolListing } from '../bring-up/list-tools.ts';
import type { ConnectorDeps, ConnectorIdentity } from '../connector-deps.ts';
import { LiveConnection, type LiveConnectionEvents } from './live-connection.ts';

/** Callbacks that the keeper of a live connection provides. */
interface KeptEvents extends Pick<LiveConnectionEvents, 'onLost'> {
  /**
   * Called after a new tool list was announced, if that list is complete and the previous list was not, or the other
   * way round.
   */
  readonly onWholeness: (listing: ToolListing) => void;
}

/**
 * Creates the live connection of a connector. Its tool lists go to `deps.onTools`, and its end is recorded in the
 * metrics.
 */
export function openLiveConnection(
  arrived: BroughtUp,
  life: AbortSignal,
  connector: ConnectorIdentity,
  deps: ConnectorDeps,
  { onLost, onWholeness }: KeptEvents,
): LiveConnection {
  const { connection } = arrived;
  return new LiveConnection(arrived, life, {
    relistAfterMs: deps.relistAfterMs,
    relist: () => deps.relist(connector.entry, connection, life),
    onListing: async (listing, hadWhole) => {
      await deps.onTools(connector, listing, connection.facts);
      if ((listing.cutBecause === null) !== hadWhole) onWholeness(listing);
    },
    onLost,
    onListFailed: (error) => deps.onListFailed(connector, error),
    onEnded: (durationMs, error) =>
      recordClientSession(connection.facts, new URL(connector.entry.endpoint), durationMs, error),
  });
}
