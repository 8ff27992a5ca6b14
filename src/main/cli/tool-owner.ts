/**
 * Returns the id of the connector that a tool belongs to: the longest id with which the name of the tool starts.
 * Returns undefined if `has` returns true for none of the possible ids.
 */
export function ownerOf(has: (connectorId: string) => boolean, tool: string): string | undefined {
  for (let dot = tool.lastIndexOf('.'); dot > 0; dot = tool.lastIndexOf('.', dot - 1))
    if (has(tool.slice(0, dot))) return tool.slice(0, dot);
  return undefined;
}
