import { SwitchyardError } from '../../../shared/errors.ts';
import { nearestName } from '../../../shared/nearest-name.ts';
import { printable } from '../terminal/output.ts';
import type { ToolHost } from '../via/tool-host.ts';

/** Maximum number of names that an error message lists. */
const NAMES_SHOWN = 8;

/** The part of a manager that knows the ids of all connectors. */
export type NamedConnectors = Pick<ToolHost, 'listConnectors'>;

/** Creates the error CONNECTOR_UNKNOWN, with a similar id if there is one. */
export function unknownConnector(manager: NamedConnectors, id: string): SwitchyardError {
  const ids = manager.listConnectors().map((entry) => entry.id);
  const meant = meantInstead(id, ids);
  const why = `There is no connector ${printable(id)}.`;
  return new SwitchyardError('CONNECTOR_UNKNOWN', meant === null ? why : `${why} ${meant}`);
}

/** Creates the error TOOL_UNKNOWN for a tool that a connector does not list, with a similar name if there is one. */
export function unknownTool(connectorId: string, name: string, names: readonly string[]): SwitchyardError {
  const nearest = nearestName(name, names);
  const list = names.slice(0, NAMES_SHOWN).map(printable).join(', ');
  const more = names.length > NAMES_SHOWN ? ` and ${names.length - NAMES_SHOWN} more` : '';
  const has = names.length === 0 ? 'It has no tools.' : `It has ${list}${more}.`;
  const meant = nearest === null ? has : `Did you mean ${printable(nearest)}?`;
  const why = `Connector ${printable(connectorId)} has no tool ${printable(name)}. ${meant}`;
  return new SwitchyardError('TOOL_UNKNOWN', why, { detail: { connectorId } });
}

/** Returns a question such as "Did you mean x?"; null if no known name is similar. */
export function meantInstead(name: string, known: readonly string[]): string | null {
  const nearest = nearestName(name, known);
  return nearest === null ? null : `Did you mean ${printable(nearest)}?`;
}

/** Returns sentences that say which connectors exist, and how to write the name of a tool. */
export function connectorsNamed(ids: readonly string[]): string {
  const more = ids.length > NAMES_SHOWN ? ` and ${ids.length - NAMES_SHOWN} more` : '';
  const names = `${ids.slice(0, NAMES_SHOWN).map(printable).join(', ')}${more}`;
  const exist = ids.length === 1 ? `The only connector is ${names}.` : `The connectors are ${names}.`;
  return `${exist} Write a tool as CONNECTOR.TOOL.`;
}
