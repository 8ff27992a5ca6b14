import { SwitchyardError } from '../../../../shared/errors.ts';
import type { ToolPinDetail } from '../../../../shared/tools/tool-records.ts';
import type { FleetFlags } from '../../flags/fleet-options.ts';
import type { StoreOptions } from '../state/open-store.ts';

/** Options of `tools diff` and `tools approve`. */
export interface PinOptions extends StoreOptions, FleetFlags {}

/** A tool that differs from its pin, with the name that `tools` shows. */
export interface NamedChange extends ToolPinDetail {
  readonly name: string;
}

/** The tools that differ from their pins, and a way to approve them. */
export interface PinnedTools {
  /**
   * Tools that differ from their pins. In a fleet, the list also contains every tool on the command line, because other
   * hosts may have other pins for it.
   */
  readonly changes: readonly NamedChange[];
  /** Pins the current definitions of the chosen tools. Resolves with the tools that were pinned. */
  approve(chosen: readonly NamedChange[]): Promise<readonly NamedChange[]>;
}

/**
 * Returns the changed tools with these names, or all changed tools if `names` is empty. Throws TOOL_UNKNOWN if one of
 * the names is not a changed tool.
 */
export function chosenOf(changes: readonly NamedChange[], names: readonly string[]): readonly NamedChange[] {
  const unknown = names.find((name) => !changes.some((change) => change.name === name));
  if (unknown !== undefined)
    throw new SwitchyardError(
      'TOOL_UNKNOWN',
      `The tool "${unknown}" does not exist, or does not differ from its pinned definition.`,
    );
  return names.length === 0 ? changes : changes.filter(({ name }) => names.includes(name));
}
