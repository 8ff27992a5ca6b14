/**
 * Returns the id of the connector that a tool belongs to. If several ids fit the start of the tool's name, returns the
 * longest. `has` says whether a connector exists. Returns undefined if no id fits.
 */
export function ownerOf(has: (connectorId: string) => boolean, tool: string): string | undefined {
  for (let dot = tool.lastIndexOf('.'); dot > 0; dot = tool.lastIndexOf('.', dot - 1))
    if (has(tool.slice(0, dot))) return tool.slice(0, dot);
  return undefined;
}
