import type { SwitchyardError } from '../../shared/errors.ts';
import type { ConnectorEntry } from '../../shared/service-map.ts';
import type { ConnectorState, Transition } from './connector-state.ts';
import type { LiveConnection } from './live-connection.ts';

/** What a connector says of itself. */
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
  /** Tools that were left out for their name or their schema. */
  readonly droppedTools: readonly string[];
  readonly handshakeMs: number | null;
  readonly lastError: { readonly code: string; readonly message: string } | null;
}

export function statusOf(
  entry: ConnectorEntry,
  last: Transition,
  up: LiveConnection | null,
  error: SwitchyardError | null,
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
    droppedTools: up?.listing.dropped ?? [],
    handshakeMs: up?.handshakeMs ?? null,
    lastError: error === null ? null : { code: error.code, message: error.message },
  };
}
