import type { FleetPin } from '../../../../shared/protocol/fleet/tool-messages.ts';
import { comparePin } from '../../../../shared/tools/compare-pin.ts';
import type { ConnectorRecord, ToolPinDetail } from '../../../../shared/tools/tool-records.ts';
import { isPinnable } from './read-catalogued.ts';

/** What a host must do about pins that it read from the fleet. */
export interface SortedPins {
  /** Approvals that this host has not taken yet. */
  readonly approved: readonly FleetPin[];
  /** Whether the fleet lost approvals: some of its pins are older than approvals that this host has taken. */
  readonly isBehind: boolean;
}

/** Pins of the fleet that may differ from this host's own, and the newest approvals that this host has taken. */
export class FleetPinBook {
  readonly #pins = new Map<string, Map<string, FleetPin>>();
  readonly #versions = new Map<string, number>();

  /** Returns the version of the newest approval of a tool that this host has taken; 0 without such an approval. */
  versionOf(connectorId: string, tool: string): number {
    return this.#versions.get(nameOf(connectorId, tool)) ?? 0;
  }

  /** Notes that this host took an approval. Earlier pins of the fleet for the tool no longer apply. */
  taken(connectorId: string, tool: string, version: number): void {
    this.#pins.get(connectorId)?.delete(tool);
    if (version <= this.versionOf(connectorId, tool)) return;
    this.#versions.set(nameOf(connectorId, tool), version);
  }

  /** Returns the approved tools of a list, with the listed definitions as pins. */
  approvedOf({ connectorId, tools }: ConnectorRecord): readonly FleetPin[] {
    return tools.flatMap(({ definition }) => {
      const version = this.versionOf(connectorId, definition.name);
      return version === 0 ? [] : [{ connectorId, tool: definition.name, version, definition, pinnedAtMs: 0 }];
    });
  }

  /** Keeps the fleet's pins of tools, unless they are older than an approval that was taken. */
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

  /** Forgets the pins of a connector. */
  forget(connectorId: string): void {
    this.#pins.delete(connectorId);
  }

  /** Returns the differences between a list and the fleet's pins. */
  changesOf({ connectorId, tools }: ConnectorRecord): ToolPinDetail[] {
    const pins = this.#pins.get(connectorId);
    if (pins === undefined) return [];
    return tools.flatMap(({ definition }) => {
      const pin = pins.get(definition.name);
      return (pin === undefined ? null : comparePin(pin, definition)) ?? [];
    });
  }
}

/**
 * Merges the differences from this host's pins and from the fleet's pins, each tool once. A tool must match both pins.
 */
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
