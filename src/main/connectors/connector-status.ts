import type { SwitchyardError } from '../../shared/errors.ts';
import type { ConnectorEntry } from '../../shared/map/service-map.ts';
import type { ProcessView } from './connection/process-view.ts';
import type { ConnectorState, Transition } from './connector-state.ts';
import type { LiveConnection } from './live/live-connection.ts';

const MAX_NAMED = 100;

/** The status of one connector, as `status()` reports it. */
export interface ConnectorStatus {
  readonly id: string;
  readonly name: string;
  readonly state: ConnectorState;
  /** Epoch ms. */
  readonly since: number;
  readonly why: string;
  readonly era: string | null;
  readonly transport: string | null;
  readonly toolCount: number;
  /** The names of the first 100 tools that were dropped from the connector's list, as the server spells them. */
  readonly droppedTools: readonly string[];
  readonly handshakeMs: number | null;
  /**
   * The process of a stdio server, from the current attempt or else from the last attempt; null for other transports.
   */
  readonly process: ProcessView | null;
  readonly lastError: { readonly code: string; readonly message: string } | null;
}

export function statusOf(
  entry: ConnectorEntry,
  last: Transition,
  up: LiveConnection | null,
  error: SwitchyardError | null,
  program: ProcessView | null,
): ConnectorStatus {
  return {
    id: entry.id,
    name: entry.name,
    state: last.to,
    since: last.at,
    why: last.why,
    era: up?.connection.facts.era ?? null,
    transport: up?.connection.facts.transport ?? null,
    toolCount: up?.listing.tools.length ?? 0,
    droppedTools: (up?.listing.dropped ?? []).slice(0, MAX_NAMED).map(({ name }) => name),
    handshakeMs: up?.handshakeMs ?? null,
    process: program === null ? null : { pid: program.pid, stderr: program.stderr },
    lastError: error === null ? null : { code: error.code, message: error.message },
  };
}
