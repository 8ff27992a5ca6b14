import { SwitchyardError } from '../../../../shared/errors.ts';
import type { ToolPinDetail } from '../../../../shared/tools/tool-records.ts';
import type { FleetFlags } from '../../flags/fleet-options.ts';
import type { StoreOptions } from '../state/open-store.ts';

/** What `tools diff` and `tools approve` are given. */
export interface PinOptions extends StoreOptions, FleetFlags {}

/** A changed tool under the name that `tools` lists it by. */
export interface NamedChange extends ToolPinDetail {
  readonly name: string;
}

/** Tools beside their pins. */
export interface PinnedTools {
  /** Those that differ. In a fleet also those that were asked for by name: hosts may have other pins of them. */
  readonly changes: readonly NamedChange[];
  /** Makes the present definitions the pins; those for which it did. */
  approve(chosen: readonly NamedChange[]): Promise<readonly NamedChange[]>;
}

/** Of these, the ones with these names, or all if none is given. Throws TOOL_UNKNOWN where a name is not among them. */
export function chosenOf(changes: readonly NamedChange[], names: readonly string[]): readonly NamedChange[] {
  const unknown = names.find((name) => !changes.some((change) => change.name === name));
  if (unknown !== undefined)
    throw new SwitchyardError('TOOL_UNKNOWN', `No tool "${unknown}" differs from how it was first seen.`);
  return names.length === 0 ? changes : changes.filter(({ name }) => names.includes(name));
}
