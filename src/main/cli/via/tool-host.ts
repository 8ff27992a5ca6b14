import type { CallToolOptions } from '../../connectors/calls/call-options.ts';
import type { ConnectorStatus } from '../../connectors/connector-status.ts';
import type { ToolResult } from '../../mcp/tool-result.ts';
import type { ToolInfo } from '../../tools/tool-info.ts';

/** A tool in the form that commands show. */
export type ShownTool = Omit<ToolInfo, 'author'>;

/** The status of connectors, and the tools that are not listed, as commands show them. */
export interface HostStatus {
  readonly connectors: readonly ConnectorStatus[];
  /** Tools that are held back because they changed, and tools that the map does not approve. */
  readonly changedTools: readonly { readonly name: string }[];
  readonly heldBackTools: readonly { readonly name: string }[];
}

/**
 * Host of the connectors that a command works with: its own manager, or a running gateway. It lists what is known so
 * far: the connectors after `sync()`, and the tools of a connector after its start.
 */
export interface ToolHost {
  sync(): Promise<void>;
  has(connectorId: string): boolean;
  listConnectors(): readonly { readonly id: string }[];
  listTools(): readonly ShownTool[];
  connector(connectorId: string): { readonly status: ConnectorStatus | null } | undefined;
  status(): HostStatus;
  callTool(
    name: string,
    args: Readonly<Record<string, unknown>>,
    options?: Pick<CallToolOptions, 'timeoutMs' | 'onProgress' | 'signal'>,
  ): Promise<ToolResult>;
}

/** Returns the fields of a tool that are sent over the socket. */
export function shownTool({ author: _, ...shown }: ToolInfo): ShownTool {
  return shown;
}
