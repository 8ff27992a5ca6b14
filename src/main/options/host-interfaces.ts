import type { OAuthClientProvider } from '@modelcontextprotocol/client';
import type { AgentLike } from '../http/agent-check.ts';
import type { ToolResult } from '../mcp/tool-result.ts';
import type { Logger } from '../observability/logger.ts';

/** How a host logs in to a connector that requires OAuth (MCP, authorization). */
export interface ConnectorOAuth {
  /** Stores the tokens and sends the user to the authorization server; the interface of the SDK. */
  readonly provider: OAuthClientProvider;
  /** Resolves with the parameters of the redirect that ended the user's login. */
  readonly callback: (signal: AbortSignal) => Promise<URLSearchParams>;
}

/** A tool as it is passed to a host's registry. */
export interface ToolDescriptor {
  /** `<connectorId>.<toolName>`. */
  readonly name: string;
  readonly description: string;
  readonly inputSchema: Record<string, unknown>;
  readonly handler: (args: Record<string, unknown>) => Promise<ToolResult>;
  /** `author` is the brand that the connector's entry names. */
  readonly metadata: { tags: string[]; connectorId: string; author?: string };
}

/** A host's own registry of tools. */
export interface ToolRegistry {
  registerTool(descriptor: ToolDescriptor): void;
  removeTool?(name: string): unknown;
}

/** The configuration that a host's `createProxy` gets. */
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
  /** The manager's own Agent, or the host's. */
  readonly agent: AgentLike;
}

/** The object that a host's `createProxy` must return; the last two methods are optional. */
export interface RemoteProxy {
  connect(): Promise<void>;
  getTools(): readonly unknown[] | Promise<readonly unknown[]>;
  callTool(name: string, args: Readonly<Record<string, unknown>>): Promise<unknown>;
  disconnect?(): Promise<void> | void;
  isConnected?(): boolean;
}

/** Creates the proxy that talks to one connector, instead of the built-in client. */
export type CreateProxy = (config: RemoteProxyConfig) => RemoteProxy;
