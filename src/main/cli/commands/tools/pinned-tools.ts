import { SwitchyardError } from '../../../../shared/errors.ts';
import type { ToolPinDetail } from '../../../../shared/tools/tool-records.ts';
import type { FleetFlags } from '../../flags/fleet-options.ts';
import type { StoreOptions } from '../state/open-store.ts';

/** Options of `tools diff` and `tools approve`. */
export interface PinOptions extends StoreOptions, FleetFlags {}

/** A changed tool under the name that `tools` lists it by. */
export interface NamedChange extends ToolPinDetail {
  readonly name: string;
}

/** Tools compared with their pins. */
export interface PinnedTools {
  /**
   * Tools that differ from their pin. In a fleet, also the tools that the command names, because other hosts may have
   * other pins of those tools.
   */
  readonly changes: readonly NamedChange[];
  /** Pins the current definitions. Resolves with the tools that were pinned. */
  approve(chosen: readonly NamedChange[]): Promise<readonly NamedChange[]>;
}

/**
 * Returns the changes with these names, or all if no name is given. Throws TOOL_UNKNOWN if a name is not among them.
 */
export function chosenOf(changes: readonly NamedChange[], names: readonly string[]): readonly NamedChange[] {
  const unknown = names.find((name) => !changes.some((change) => change.name === name));
  if (unknown !== undefined)
    throw new SwitchyardError('TOOL_UNKNOWN', `No tool "${unknown}" differs from how it was first seen.`);
  return names.length === 0 ? changes : changes.filter(({ name }) => names.includes(name));
}
