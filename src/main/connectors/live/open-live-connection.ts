import { recordClientSession } from '../../observability/telemetry/session-durations.ts';
import type { BroughtUp } from '../bring-up/bring-up.ts';
import type { ToolListing } from '../bring-up/list-tools.ts';
import type { ConnectorDeps, ConnectorIdentity } from '../connector-deps.ts';
import { LiveConnection, type LiveConnectionEvents } from './live-connection.ts';

/** Callbacks of a live connection for its keeper. */
interface KeptEvents extends Pick<LiveConnectionEvents, 'onLost'> {
  /** Another tool list was read and announced, and its completeness differs from that of the previous list. */
  readonly onWholeness: (listing: ToolListing) => void;
}

/** Creates the live connection of a connector: its lists go to `deps.onTools`, its end is recorded. */
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
