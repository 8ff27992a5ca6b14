import { SwitchyardError } from '../../../shared/errors.ts';
import { nearestName } from '../../../shared/nearest-name.ts';
import { printable } from '../terminal/output.ts';
import type { ToolHost } from '../via/tool-host.ts';

/** Names that are listed where none is near. */
const NAMES_SHOWN = 8;

/** What of a manager names can be compared with. */
export type NamedConnectors = Pick<ToolHost, 'listConnectors'>;

/** CONNECTOR_UNKNOWN, with the name that was perhaps meant. */
export function unknownConnector(manager: NamedConnectors, id: string): SwitchyardError {
  const ids = manager.listConnectors().map((entry) => entry.id);
  const meant = meantInstead(id, ids) ?? '`status` lists all of them.';
  return new SwitchyardError('CONNECTOR_UNKNOWN', `There is no connector ${printable(id)}. ${meant}`);
}

/** TOOL_UNKNOWN for a tool that a connector does not list, with the name that was perhaps meant. */
export function unknownTool(connectorId: string, name: string, names: readonly string[]): SwitchyardError {
  const nearest = nearestName(name, names);
  const list = names.slice(0, NAMES_SHOWN).map(printable).join(', ');
  const more = names.length > NAMES_SHOWN ? ` and ${names.length - NAMES_SHOWN} more` : '';
  const has = names.length === 0 ? 'It has no tools.' : `It has ${list}${more}.`;
  const meant = nearest === null ? has : `Did you mean ${printable(nearest)}?`;
  const why = `Connector ${printable(connectorId)} has no tool ${printable(name)}. ${meant}`;
  return new SwitchyardError('TOOL_UNKNOWN', why, { detail: { connectorId } });
}

/** `Did you mean x?`, or null where nothing is near. */
export function meantInstead(name: string, known: readonly string[]): string | null {
  const nearest = nearestName(name, known);
  return nearest === null ? null : `Did you mean ${printable(nearest)}?`;
}
