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

/** A manager's tools: as they are listed, how they differ from their pins, and where they come in. */
export interface ManagerTools {
  readonly store: ToolStore;
  readonly pins: ToolPins;
  /** Which tools the signed map holds back. */
  readonly approvals: ToolApprovals;
  readonly intake: ToolIntake;
  /** The definitions that are left out of lists. */
  readonly dropped: DroppedDefinitions;
  /** The protocol eras of endpoints that are remembered, so that these need not be probed. */
  readonly eras: EraMemory;
}

export interface CreateToolsDeps {
  readonly memory: ToolMemory;
  readonly events: EventHub;
  /** The brand that tools of an entry are tagged with; null for no such tag. */
  readonly brandOf: (entry: ConnectorEntry) => string | null;
  /** Whether there is a connector of that id, up or not. */
  readonly isKnown: (connectorId: string) => boolean;
  /** The entry of a connector that counts; undefined if there is none of that id. */
  readonly entryOf: (connectorId: string) => ConnectorEntry | undefined;
}

/** The tools of a manager, none yet. */
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

/** The digests that an entry of a signed map approves; null for one that says nothing, or that nobody signed. */
function approvedBy(entry: ConnectorEntry | undefined): ToolDigests | undefined {
  if (entry === undefined) return undefined;
  return isLocal(entry) ? null : (entry.toolDigests ?? null);
}
