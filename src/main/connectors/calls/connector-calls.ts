import type { ConnectorEntry } from '../../../shared/map/service-map.ts';
import type { RemoteToolDefinition } from '../../../shared/tools/tool-definition.ts';
import type { JsonObject } from '../../mcp/json-rpc.ts';
import type { ToolResult } from '../../mcp/tool-result.ts';
import { CallQuota } from './call-quota.ts';
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

  /**
   * Calls a tool. Rejects with CONNECTOR_UNAVAILABLE (under the compatible name) while the connector is down, CONNECTOR_GONE when it goes during the call, QUOTA_EXCEEDED, or the TOOL_…
   * code of what happened to the call.
   */
  callTool(
    tool: RemoteToolDefinition,
    args: Readonly<Record<string, unknown>>,
    options: CallToolOptions,
  ): Promise<ToolResult> {
    const admit = (signal: AbortSignal): Promise<() => void> => this.#quota.acquire(signal, this.#entry.id);
    const perform: Call<ToolResult>['perform'] = (connection, limits) => connection.callTool(tool, args, limits);
    return makeCall(this.#call(`tool ${tool.name}`, options, perform), { admit, route: this.#route });
  }

  /** Sends any other request; quotas are for tools. Rejects as {@link callTool} does otherwise. */
  request(method: string, params: JsonObject, options: RequestOptions): Promise<JsonObject> {
    return this.#send(method, options, (connection, limits) => connection.request(method, params, limits));
  }

  /** Has the connector tell when a resource changes, until its connection ends or the returned function is called. Rejects as {@link request} does. */
  watchResource(uri: string, options: RequestOptions): Promise<() => void> {
    return this.#send('resources/subscribe', options, (connection, limits) => connection.watchResource(uri, limits));
  }

  #send<T>(method: string, options: RequestOptions, perform: Call<T>['perform']): Promise<T> {
    return makeCall(this.#call(`request ${method}`, options, perform), { admit: NO_QUOTA, route: this.#route });
  }

  #call<T>(name: string, options: CallToolOptions, perform: Call<T>['perform']): Call<T> {
    const timeoutMs = options.timeoutMs ?? this.#entry.timeouts?.call ?? this.#defaultTimeoutMs;
    return { name, timeoutMs, options, perform };
  }
}

const NO_QUOTA = (): Promise<() => void> => Promise.resolve(() => {});
