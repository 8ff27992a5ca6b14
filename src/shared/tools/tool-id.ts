/**
 * Namespaced tool ids: `<connectorId>.<toolName>`, what hosts list and call. A connector id may hold dots itself, so an
 * id is looked up, never taken apart.
 */
export function toolId(connectorId: string, toolName: string): string {
  return `${connectorId}.${toolName}`;
}
