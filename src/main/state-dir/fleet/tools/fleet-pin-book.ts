import type { FleetPin } from '../../../../shared/protocol/fleet/tool-messages.ts';
import { comparePin } from '../../../../shared/tools/compare-pin.ts';
import type { ConnectorRecord, ToolPinDetail } from '../../../../shared/tools/tool-records.ts';
import { isPinnable } from './read-catalogued.ts';

/** What a host has to do about pins that it read from the fleet. */
export interface SortedPins {
  /** Approvals that this host has not taken yet. */
  readonly approved: readonly FleetPin[];
  /** Whether the fleet has approvals that are older than what this host has taken: it lost some. */
  readonly isBehind: boolean;
}

/** Pins of the fleet that may differ from this host's own, and the newest approvals that this host has taken. */
export class FleetPinBook {
  readonly #pins = new Map<string, Map<string, FleetPin>>();
  readonly #versions = new Map<string, number>();

  /** The newest approval of a tool that this host has taken; 0 for none. */
  versionOf(connectorId: string, tool: string): number {
    return this.#versions.get(nameOf(connectorId, tool)) ?? 0;
  }

  /** This host has taken an approval. What the fleet said of the tool before is over. */
  taken(connectorId: string, tool: string, version: number): void {
    this.#pins.get(connectorId)?.delete(tool);
    if (version <= this.versionOf(connectorId, tool)) return;
    this.#versions.set(nameOf(connectorId, tool), version);
  }

  /** Those tools of a list that were approved, as if their pins were what is listed. */
  approvedOf({ connectorId, tools }: ConnectorRecord): readonly FleetPin[] {
    return tools.flatMap(({ definition }) => {
      const version = this.versionOf(connectorId, definition.name);
      return version === 0 ? [] : [{ connectorId, tool: definition.name, version, definition, pinnedAtMs: 0 }];
    });
  }

  /** Keeps what the fleet says of tools, as far as it is older than no approval that was taken. */
  learn(pins: readonly FleetPin[]): SortedPins {
    const approved: FleetPin[] = [];
    let isBehind = false;
    for (const pin of pins) {
      const { connectorId, tool, version, definition } = pin;
      const known = this.versionOf(connectorId, tool);
      if (version < known) isBehind = true;
      if (version < known || !isPinnable(definition, tool)) continue;
      if (version > known) approved.push(pin);
      else this.#pins.set(connectorId, (this.#pins.get(connectorId) ?? new Map()).set(tool, pin));
    }
    return { approved, isBehind };
  }

  /** What was known of a connector is over. */
  forget(connectorId: string): void {
    this.#pins.delete(connectorId);
  }

  /** What of a list differs from the fleet's pins. */
  changesOf({ connectorId, tools }: ConnectorRecord): ToolPinDetail[] {
    const pins = this.#pins.get(connectorId);
    if (pins === undefined) return [];
    return tools.flatMap(({ definition }) => {
      const pin = pins.get(definition.name);
      return (pin === undefined ? null : comparePin(pin, definition)) ?? [];
    });
  }
}

/** Own differences and the fleet's, each tool once: a tool has to be as both have it. */
export function mergedChanges<T extends { readonly connectorId: string; readonly tool: string }>(
  own: readonly T[],
  fleet: readonly T[],
): readonly T[] {
  if (fleet.length === 0) return own;
  const names = new Set(own.map(({ connectorId, tool }) => nameOf(connectorId, tool)));
  return [...own, ...fleet.filter(({ connectorId, tool }) => !names.has(nameOf(connectorId, tool)))];
}

function nameOf(connectorId: string, tool: string): string {
  return JSON.stringify([connectorId, tool]);
}
