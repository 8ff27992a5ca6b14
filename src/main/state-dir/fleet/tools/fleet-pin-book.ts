import type { FleetPin } from '../../../../shared/protocol/fleet/tool-messages.ts';
import { comparePin } from '../../../../shared/tools/compare-pin.ts';
import type { ConnectorRecord, ToolPinDetail } from '../../../../shared/tools/tool-records.ts';
import { isPinnable } from './read-catalogued.ts';

/** What this host must do about pins that it read from the fleet. */
export interface SortedPins {
  /** Approvals that this host has not applied yet. */
  readonly approved: readonly FleetPin[];
  /** Whether the fleet lost approvals. If so, some of its pins are older than approvals that this host has applied. */
  readonly isBehind: boolean;
}

/**
 * The pins of the fleet that may differ from this host's own pins, and the newest approvals that this host has applied.
 */
export class FleetPinBook {
  readonly #pins = new Map<string, Map<string, FleetPin>>();
  readonly #versions = new Map<string, number>();

  /**
   * Returns the version of a tool's newest approval that this host has applied; 0 if this host has applied no approval.
   */
  versionOf(connectorId: string, tool: string): number {
    return this.#versions.get(nameOf(connectorId, tool)) ?? 0;
  }

  /** Records that this host applied an approval. The fleet's older pins for this tool are then ignored. */
  taken(connectorId: string, tool: string, version: number): void {
    this.#pins.get(connectorId)?.delete(tool);
    if (version <= this.versionOf(connectorId, tool)) return;
    this.#versions.set(nameOf(connectorId, tool), version);
  }

  /** Returns pins for those tools of a list that were approved. The pins contain the listed definitions. */
  approvedOf({ connectorId, tools }: ConnectorRecord): readonly FleetPin[] {
    return tools.flatMap(({ definition }) => {
      const version = this.versionOf(connectorId, definition.name);
      return version === 0 ? [] : [{ connectorId, tool: definition.name, version, definition, pinnedAtMs: 0 }];
    });
  }

  /**
   * Sorts pins that were read from the fleet. Approvals newer than the newest one that this host has applied are
   * returned. Older pins are skipped, and pins of the same version are stored.
   */
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

  /** Returns how the tools of a list differ from the fleet's pins. */
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
 * Merges differences from this host's pins with differences from the fleet's pins. A tool that differs from both pins
 * occurs only once.
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
