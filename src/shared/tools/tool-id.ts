/**
 * Builds a namespaced tool id: `<connectorId>.<toolName>`, which hosts list and call. A connector id may contain dots,
 * so an id is looked up, never split.
 */
export function toolId(connectorId: string, toolName: string): string {
  return `${connectorId}.${toolName}`;
}
