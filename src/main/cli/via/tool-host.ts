import type { CallToolOptions } from '../../connectors/calls/call-options.ts';
import type { ConnectorStatus } from '../../connectors/connector-status.ts';
import type { ToolResult } from '../../mcp/tool-result.ts';
import type { ToolInfo } from '../../tools/tool-info.ts';

/** The fields of a tool that commands show. */
export type ShownTool = Omit<ToolInfo, 'author'>;

/** The status of all connectors, and the tools whose definition changed or is not approved. */
export interface HostStatus {
  readonly connectors: readonly ConnectorStatus[];
  /** Tools that differ from their pins. `heldBackTools` are the tools that the map does not approve. */
  readonly changedTools: readonly { readonly name: string }[];
  readonly heldBackTools: readonly { readonly name: string }[];
}

/**
 * The connectors that a command works with. They belong to a manager in this process, or to a running gateway. The
 * connectors are known after `sync()`, and the tools of a connector after that connector was started.
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

/** Returns the fields of a tool that a gateway sends to a command. */
export function shownTool({ author: _, ...shown }: ToolInfo): ShownTool {
  return shown;
}
