/** Returns the connector of a tool, by the tool's name: the one with the longest id. Undefined if `has` knows none. */
export function ownerOf(has: (connectorId: string) => boolean, tool: string): string | undefined {
  for (let dot = tool.lastIndexOf('.'); dot > 0; dot = tool.lastIndexOf('.', dot - 1))
    if (has(tool.slice(0, dot))) return tool.slice(0, dot);
  return undefined;
}
