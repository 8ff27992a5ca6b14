import type { ConnectorEntry } from '../../shared/service-map.ts';
import type { RemoteToolDefinition } from '../../shared/tool-definition.ts';
import { CallQuota } from './call-quota.ts';
import type { ToolResult } from './connection.ts';
import { type Call, type CallRoute, type CallToolOptions, makeCall, type RequestOptions } from './tool-call.ts';

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

  /** Calls a tool. Rejects with QUOTA_EXCEEDED, with what `route` rejects with, or with the TOOL_… code of what happened to the call. */
  make(
    tool: RemoteToolDefinition,
    args: Readonly<Record<string, unknown>>,
    options: CallToolOptions,
  ): Promise<ToolResult> {
    const admit = (signal: AbortSignal): Promise<() => void> => this.#quota.acquire(signal, this.#entry.id);
    const perform: Call<ToolResult>['perform'] = (connection, limits) => connection.callTool(tool, args, limits);
    return makeCall(this.#call(`tool ${tool.name}`, options, perform), { admit, route: this.#route });
  }

  /** Sends any other request; quotas are for tools. Rejects as `make` does otherwise. */
  send<T>(method: string, options: RequestOptions, perform: Call<T>['perform']): Promise<T> {
    return makeCall(this.#call(`request ${method}`, options, perform), { admit: NO_QUOTA, route: this.#route });
  }

  #call<T>(name: string, options: CallToolOptions, perform: Call<T>['perform']): Call<T> {
    const timeoutMs = options.timeoutMs ?? this.#entry.timeouts?.call ?? this.#defaultTimeoutMs;
    return { name, timeoutMs, options, perform };
  }
}

const NO_QUOTA = (): Promise<() => void> => Promise.resolve(() => {});
