/**
 * Returns the full name of a tool, `<connectorId>.<toolName>`, under which hosts list and call it. A connector id may
 * contain dots, so a full name can be looked up but not split.
 */
export function toolId(connectorId: string, toolName: string): string {
  return `${connectorId}.${toolName}`;
}
