import type { OAuthClientProvider } from '@modelcontextprotocol/client';
import type { AgentLike } from '../http/agent-check.ts';
import type { ToolResult } from '../mcp/tool-result.ts';
import type { Logger } from '../observability/logger.ts';

/** How a host logs in to a connector that requires OAuth, as the MCP specification defines under "Authorization". */
export interface ConnectorOAuth {
  /** Stores the tokens, and sends the user to the authorization server. The interface comes from the MCP SDK. */
  readonly provider: OAuthClientProvider;
  /** Resolves after the user's login, with the parameters of the redirect that ended it. */
  readonly callback: (signal: AbortSignal) => Promise<URLSearchParams>;
}

/** A tool, as it is passed to the host's own {@link ToolRegistry}. */
export interface ToolDescriptor {
  /** Full name of the tool: `<connectorId>.<toolName>`. */
  readonly name: string;
  readonly description: string;
  readonly inputSchema: Record<string, unknown>;
  readonly handler: (args: Record<string, unknown>) => Promise<ToolResult>;
  /** `author` is the brand in the entry of the connector. */
  readonly metadata: { tags: string[]; connectorId: string; author?: string };
}

/** An object of the host that is notified of all tools (option `registry`). */
export interface ToolRegistry {
  registerTool(descriptor: ToolDescriptor): void;
  removeTool?(name: string): unknown;
}

/** The argument of the host's `createProxy`. */
export interface RemoteProxyConfig {
  readonly connectorId: string;
  readonly endpoint: string;
  readonly enabled: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceLabel: string;
  readonly unavailableErrorName: string;
  readonly unavailableErrorMessage: string;
  readonly logger: Logger;
  readonly onAvailabilityChange: (isUp: boolean) => void;
  /** The option `agent` of the host, or else the agent of the manager. */
  readonly agent: AgentLike;
}

/** The object that the host's `createProxy` must return. Its last two methods are optional. */
export interface RemoteProxy {
  connect(): Promise<void>;
  getTools(): readonly unknown[] | Promise<readonly unknown[]>;
  callTool(name: string, args: Readonly<Record<string, unknown>>): Promise<unknown>;
  disconnect?(): Promise<void> | void;
  isConnected?(): boolean;
}

/** Creates the proxy that connects to one connector. It is used instead of the built-in client. */
export type CreateProxy = (config: RemoteProxyConfig) => RemoteProxy;
