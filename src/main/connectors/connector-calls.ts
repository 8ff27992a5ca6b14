import type { ConnectorEntry } from '../../shared/service-map.ts';
import type { RemoteToolDefinition } from '../../shared/tool-definition.ts';
import { CallQuota } from './call-quota.ts';
import type { ToolResult } from './connection.ts';
import { type CallRoute, type CallToolOptions, makeCall } from './tool-call.ts';

/** The calls of one connector: their deadline and their quotas, as its entry has them. */
export class ConnectorCalls {
  readonly #quota: CallQuota;
  readonly #defaultTimeoutMs: number;
  readonly #route: (signal: AbortSignal) => Promise<CallRoute>;
  #entry: ConnectorEntry;

  /** `route` gives the connection to use, waited for. */
  constructor(entry: ConnectorEntry, defaultTimeoutMs: number, route: (signal: AbortSignal) => Promise<CallRoute>) {
    this.#entry = entry;
    this.#quota = new CallQuota(entry.quotas);
    this.#defaultTimeoutMs = defaultTimeoutMs;
    this.#route = route;
  }

  /** Takes the entry as it is now. */
  update(entry: ConnectorEntry): void {
    this.#entry = entry;
    this.#quota.update(entry.quotas);
  }

  /** Rejects with QUOTA_EXCEEDED, with what `route` rejects with, or with the TOOL_… code of what happened to the call. */
  make(
    tool: RemoteToolDefinition,
    args: Readonly<Record<string, unknown>>,
    options: CallToolOptions,
  ): Promise<ToolResult> {
    const timeoutMs = options.timeoutMs ?? this.#entry.timeouts?.call ?? this.#defaultTimeoutMs;
    const admit = (signal: AbortSignal): Promise<() => void> => this.#quota.acquire(signal, this.#entry.id);
    return makeCall({ tool, args, timeoutMs, options }, { admit, route: this.#route });
  }
}
