/**
 * Returns the connector with the longest id that the tool's name starts with; undefined if `has` knows no such
 * connector.
 */
export function ownerOf(has: (connectorId: string) => boolean, tool: string): string | undefined {
  for (let dot = tool.lastIndexOf('.'); dot > 0; dot = tool.lastIndexOf('.', dot - 1))
    if (has(tool.slice(0, dot))) return tool.slice(0, dot);
  return undefined;
}
