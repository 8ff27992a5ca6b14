import { createExposedNames } from '../../gateway/catalog/exposed-names.ts';
import type { ShownTool } from '../via/tool-host.ts';

/** A possible way to split a full name into the id of a connector and the name of a tool. */
export interface ToolName {
  readonly connectorId: string;
  /** The name of the tool without the connector. */
  readonly tool: string;
  /** The text between the id and the name of the tool: a dot, or the separator of a gateway, such as `__`. */
  readonly separator: string;
}

/** Matches any separator that `serve --separator` allows. */
const SEPARATOR = /^(?:__|[^A-Za-z0-9]{1,8})/;

/**
 * Returns all ways to split a name into the id of one of these connectors and a tool name. The most likely way is
 * first: a dot as the separator, then `__`, then any other separator. With the same separator, the longer id is first.
 */
export function toolNamesOf(name: string, connectorIds: readonly string[]): readonly ToolName[] {
  const found = connectorIds.flatMap((connectorId): ToolName[] => {
    // In the tool names that a gateway shows, `_` replaces characters of the connector id that clients do not accept.
    const prefix = [connectorId, connectorId.replace(/[^A-Za-z0-9_-]/g, '_')].find((text) => name.startsWith(text));
    const separator = prefix === undefined ? null : (SEPARATOR.exec(name.slice(prefix.length))?.[0] ?? null);
    if (prefix === undefined || separator === null) return [];
    const tool = name.slice(prefix.length + separator.length);
    return tool === '' ? [] : [{ connectorId, tool, separator }];
  });
  const rank = ({ separator }: ToolName): number => ['.', '__'].indexOf(separator) + 1 || 3;
  return found.toSorted((a, b) => rank(a) - rank(b) || b.connectorId.length - a.connectorId.length);
}

/** Returns the tool that the user has named, if the connector lists it; otherwise undefined. */
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
