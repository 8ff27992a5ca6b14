import type { ConnectorEntry } from '../../shared/map/service-map.ts';
import { EraMemory } from '../connectors/connection/era-memory.ts';
import { isLocal } from '../connectors/connection/local-entry.ts';
import type { ResolvedOptions } from '../options/options.ts';
import type { ToolMemory } from '../state-dir/tool-memory.ts';
import { DroppedDefinitions } from '../tools/dropped-definitions.ts';
import { ToolApprovals, type ToolDigests } from '../tools/tool-approvals.ts';
import { ToolIntake } from '../tools/tool-intake.ts';
import { ToolPins } from '../tools/tool-pins.ts';
import { ToolStore } from '../tools/tool-store.ts';
import type { EventHub } from './events.ts';

/** The tools of a manager: the list of tools, their pins, and the part that receives new lists from connectors. */
export interface ManagerTools {
  readonly store: ToolStore;
  readonly pins: ToolPins;
  /** The tools that are not available because the signed map approves other definitions of them. */
  readonly approvals: ToolApprovals;
  readonly intake: ToolIntake;
  /** The definitions that are left out of lists because they are invalid. */
  readonly dropped: DroppedDefinitions;
  /** Which protocol (legacy or modern) each endpoint supports, as far as known, so that it need not be probed again. */
  readonly eras: EraMemory;
}

export interface CreateToolsDeps {
  readonly memory: ToolMemory;
  readonly events: EventHub;
  /** Returns the brand of an entry, which its tools get as a tag `brand:…`; null if its tools get no such tag. */
  readonly brandOf: (entry: ConnectorEntry) => string | null;
  /** Whether a connector with this id exists, up or not. */
  readonly isKnown: (connectorId: string) => boolean;
  /** Returns the entry that is in use for a connector; undefined if the id is unknown. */
  readonly entryOf: (connectorId: string) => ConnectorEntry | undefined;
}

/** Creates the tool parts of a manager. There are no tools at first. */
export function createTools(
  options: ResolvedOptions,
  { memory, events, brandOf, isKnown, entryOf }: CreateToolsDeps,
): ManagerTools {
  const { logger, pinTools, clock } = options;
  const eras = new EraMemory();
  const store = new ToolStore({ logger, onChange: (change) => events.emit('tools', change), isKnown });
  const pins = new ToolPins({ policy: pinTools, logger, onChanged: (tool) => events.emit('tool-changed', tool) });
  const dropped = new DroppedDefinitions(logger);
  const approvals = new ToolApprovals(logger);
  const intake = new ToolIntake({
    ...{ store, memory, pins, approvals, dropped, brandOf },
    digestsOf: (id) => approvedBy(entryOf(id)),
    now: () => clock.now(),
    onLegacy: (endpoint) => eras.noteLegacy(endpoint),
  });
  return { store, pins, approvals, intake, dropped, eras };
}

/**
 * Returns the tool digests that the signed map approves for an entry. Null if the entry has none, or does not come from
 * a signed map. Undefined without an entry.
 */
function approvedBy(entry: ConnectorEntry | undefined): ToolDigests | undefined {
  if (entry === undefined) return undefined;
  return isLocal(entry) ? null : (entry.toolDigests ?? null);
}
