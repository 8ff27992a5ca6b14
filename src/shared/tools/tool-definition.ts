/** A tool as the connector lists it, with all members that it sent. Only its name is checked. */
export interface RemoteToolDefinition {
  readonly name: string;
  readonly title?: unknown;
  readonly description?: unknown;
  readonly inputSchema?: unknown;
  readonly [member: string]: unknown;
}
