import { createExposedNames } from '../../gateway/catalog/exposed-names.ts';
import type { ShownTool } from '../via/tool-host.ts';

/** One way to split a name into the id of a connector and the name of a tool. */
export interface ToolName {
  readonly connectorId: string;
  /** The name of the tool, without the separator. */
  readonly tool: string;
  /** The text between connector and tool: a dot, or the separator of a gateway. */
  readonly separator: string;
}

/** Matches the separator of a gateway (`serve --separator`), as long as possible. */
const SEPARATOR = /^(?:__|[^A-Za-z0-9]{1,8})/;

/**
 * Returns the ways to split a name into one of these connectors and a tool, the likeliest first: `connector.tool`, then
 * `connector__tool` as a gateway names it, then any other separator. If two connectors match, the longer id wins.
 */
export function toolNamesOf(name: string, connectorIds: readonly string[]): readonly ToolName[] {
  const found = connectorIds.flatMap((connectorId): ToolName[] => {
    // A gateway writes _ for characters that its clients do not accept.
    const prefix = [connectorId, connectorId.replace(/[^A-Za-z0-9_-]/g, '_')].find((text) => name.startsWith(text));
    const separator = prefix === undefined ? null : (SEPARATOR.exec(name.slice(prefix.length))?.[0] ?? null);
    if (prefix === undefined || separator === null) return [];
    const tool = name.slice(prefix.length + separator.length);
    return tool === '' ? [] : [{ connectorId, tool, separator }];
  });
  const rank = ({ separator }: ToolName): number => ['.', '__'].indexOf(separator) + 1 || 3;
  return found.toSorted((a, b) => rank(a) - rank(b) || b.connectorId.length - a.connectorId.length);
}

/** Finds the tool that a name means, among the tools of its connector. */
export function toolNamed(
  written: string,
  { connectorId, tool, separator }: ToolName,
  tools: readonly ShownTool[],
): ShownTool | undefined {
  const own = tools.filter((each) => each.connectorId === connectorId);
  const isNamed = (each: ShownTool, name: string): boolean =>
    each.name === `${connectorId}.${name}` || each.definition.name === name;
  const plain = own.find((each) => isNamed(each, tool));
  if (plain !== undefined || separator === '.') return plain;
  const exposed = createExposedNames(separator);
  return (
    own.find((each) => exposed.expose(connectorId, each.definition.name) === written) ??
    own.find((each) => isNamed(each, written.slice(connectorId.length).replace(/^[^A-Za-z0-9]/, '')))
  );
}
