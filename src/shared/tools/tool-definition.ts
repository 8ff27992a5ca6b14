/** A tool as the connector lists it, with whatever members it sent. Only its name is checked. */
export interface RemoteToolDefinition {
  readonly name: string;
  readonly title?: unknown;
  readonly description?: unknown;
  readonly inputSchema?: unknown;
  readonly [member: string]: unknown;
}
