/** A tool definition as the connector listed it, with all members that the connector sent. Only the name is checked. */
export interface RemoteToolDefinition {
  readonly name: string;
  readonly title?: unknown;
  readonly description?: unknown;
  readonly inputSchema?: unknown;
  readonly [member: string]: unknown;
}
