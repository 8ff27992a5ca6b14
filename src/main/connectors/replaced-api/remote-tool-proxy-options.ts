import type { AgentLike } from '../../http/agent-check.ts';
import type { Logger } from '../../observability/logger.ts';

/** What a `RemoteToolProxy` can be given. */
export interface RemoteToolProxyOptions {
  /** Where the MCP server is, http or https. */
  readonly endpoint: string;
  /** A proxy that is not enabled never connects. */
  readonly enabled: boolean;
  readonly logger: Logger;
  /** Milliseconds before it connects again, ± 50 %. 5 000. */
  readonly reconnectDelay?: number | undefined;
  /** What logs call it. */
  readonly serviceLabel?: string | undefined;
  /** The `name` of the error that calls get while it is offline. */
  readonly unavailableErrorName?: string | undefined;
  readonly unavailableErrorMessage?: string | undefined;
  /** Told when it comes up, when it goes down, and when an attempt to connect has failed. */
  readonly onAvailabilityChange?: ((isUp: boolean) => void) | undefined;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** An Agent of undici 7 or 8; its own by default. */
  readonly agent?: AgentLike | undefined;
  readonly connectorId?: string | undefined;
}

/** A tool as `RemoteToolProxy.getTools()` gives it. */
export interface ProxiedTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
}
