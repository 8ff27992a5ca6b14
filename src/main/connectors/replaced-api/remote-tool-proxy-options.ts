import type { AgentLike } from '../../http/agent-check.ts';
import type { Logger } from '../../observability/logger.ts';

/** Options of a `RemoteToolProxy`. */
export interface RemoteToolProxyOptions {
  /** The address of the MCP server, http or https. */
  readonly endpoint: string;
  /** Whether the proxy connects. If false, it stays offline. */
  readonly enabled: boolean;
  readonly logger: Logger;
  /** Delay before a reconnect in milliseconds. The actual delay varies by ± 50 %. Defaults to 5 000. */
  readonly reconnectDelay?: number | undefined;
  /** The name of the proxy in logs. */
  readonly serviceLabel?: string | undefined;
  /** The `name` of the error that calls get while the proxy is offline. */
  readonly unavailableErrorName?: string | undefined;
  readonly unavailableErrorMessage?: string | undefined;
  /** Called when the proxy comes up, when it goes down, and when an attempt to connect has failed. */
  readonly onAvailabilityChange?: ((isUp: boolean) => void) | undefined;
  /** Headers sent with every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** An Agent of undici 7 or 8. By default, the proxy creates its own agent. */
  readonly agent?: AgentLike | undefined;
  readonly connectorId?: string | undefined;
}

/** A tool as `RemoteToolProxy.getTools()` returns it. */
export interface ProxiedTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
}
