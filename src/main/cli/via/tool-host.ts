import type { CallToolOptions } from '../../connectors/calls/call-options.ts';
import type { ConnectorStatus } from '../../connectors/connector-status.ts';
import type { ToolResult } from '../../mcp/tool-result.ts';
import type { ToolInfo } from '../../tools/tool-info.ts';

/** A tool as commands show it. */
export type ShownTool = Omit<ToolInfo, 'author'>;

/** What a command shows of connectors and tools that are not listed. */
export interface HostStatus {
  readonly connectors: readonly ConnectorStatus[];
  /** Tools that are held back because they changed, and those that the map does not approve. */
  readonly changedTools: readonly { readonly name: string }[];
  readonly heldBackTools: readonly { readonly name: string }[];
}

/**
 * Who has the connectors that a command works with: a manager of its own, or a gateway that runs already. What is
 * listed is what is known by now: after `sync()` the connectors, after the start of a connector its tools.
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

/** What goes over the socket of a tool. */
export function shownTool({ author: _, ...shown }: ToolInfo): ShownTool {
  return shown;
}
