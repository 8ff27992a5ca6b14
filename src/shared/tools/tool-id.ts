/**
 * Namespaced tool ids: `<connectorId>.<toolName>`, what hosts list and call. A connector id may hold dots itself, so an id is
 * looked up, never taken apart.
 */
export function toolId(connectorId: string, toolName: string): string {
  return `${connectorId}.${toolName}`;
}

/** What a tool may be called: 1 to 128 of A-Z a-z 0-9 _ - . / (MCP 2025-11-25, tool names). */
export function isToolName(name: unknown): name is string {
  return typeof name === 'string' && /^[A-Za-z0-9_./-]{1,128}$/.test(name);
}
