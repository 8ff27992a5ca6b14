import type { Dispatcher } from 'undici';
import type { Cancellation } from '../../../shared/cancellation.ts';
import type { EraPolicy, TransportPolicy } from '../../../shared/map/service-map.ts';
import type { RemoteToolDefinition } from '../../../shared/tools/tool-definition.ts';
import type { HostSide } from '../../mcp/host-side.ts';
import type { JsonObject } from '../../mcp/json-rpc.ts';
import type { ToolProgress, ToolResult } from '../../mcp/tool-result.ts';
import type { MessageRecord } from '../../recording/recording-format.ts';
import type { Credentials } from '../credentials/credentials.ts';
import type { EraMemory } from './era-memory.ts';
import type { StdioCommand } from './local-entry.ts';
import type { ProcessView } from './process-view.ts';

/** Where and how to reach a connector. */
export interface ConnectorTarget {
  readonly id: string;
  readonly name: string;
  readonly url: URL;
  /** The entry's own headers, sent with every request in addition to those of its credentials. */
  readonly headers: Readonly<Record<string, string>>;
  readonly era: EraPolicy;
  readonly transport: TransportPolicy;
  readonly credentials: Credentials;
  /** The command of a stdio server; null for other connectors. A stdio server is not reached over its `url`. */
  readonly command: StdioCommand | null;
  /** Records the messages of the connection, if recording is on. */
  readonly record?: MessageRecord | undefined;
  /** Whether the caller lists the tools right after the handshake. The connection can then save round trips. */
  readonly listsAtOnce?: boolean;
}

/** The facts about the server that the handshake established. */
export interface ConnectionFacts {
  readonly era: 'legacy' | 'modern' | 'unknown';
  readonly transport: 'streamable-http' | 'sse' | 'stdio' | 'custom';
  readonly protocolVersion: string | null;
  readonly serverName: string | null;
  /** The server's capabilities, in the form of MCP's `ServerCapabilities`. */
  readonly capabilities: JsonObject;
}

/** One page of a tool list; its tools are not checked yet. */
export interface ToolPage {
  readonly tools: readonly unknown[];
  readonly nextCursor: string | null;
  /** How long the list is valid according to the server, in milliseconds; null if the server does not say. */
  readonly ttlMs: number | null;
}

export interface RequestLimits {
  readonly signal: Cancellation;
  readonly timeoutMs: number;
}

/** Whether a failed call was sent to the connector: certainly not, or maybe. */
export type Sent = 'no' | 'maybe';

/** Receives the JSON of a large result as it arrives. */
export interface ResultSink {
  /**
   * Receives the next piece of the result. Returns false to pause the result. The result continues when the sink calls
   * `resume`, which `onLargeResult` got in `flow`.
   */
  write(chunk: Buffer): boolean;
}

/** Settings of a request, and callbacks for everything that the server sends for that request, except the response. */
export interface RequestTraffic {
  /** Called with each progress notification. `params` are its parameters as the server sent them. */
  readonly onProgress?: ((progress: ToolProgress, params: JsonObject) => void) | undefined;
  /**
   * Called with each notification about this request, except progress. Some connections cannot always tell which
   * request a notification is about.
   */
  readonly onNotification?: ((method: string, params: JsonObject) => void) | undefined;
  /**
   * Answers the requests that the server sends because of this request, as far as the connection can tell which request
   * caused them. The manager's own host answers all other server requests.
   */
  readonly host?: HostSide | undefined;
  /**
   * Whether a response that requests input (MCP 2026-07-28) is returned as the result instead of being answered by the
   * host.
   */
  readonly returnsInputRequests?: boolean | undefined;
  /**
   * Opens a sink for a result above 64 KiB, if the connection can read the result piece by piece. The returned result
   * is then empty. If the result breaks off, the request still rejects.
   */
  readonly onLargeResult?: ((flow: { readonly resume: () => void }) => ResultSink) | undefined;
}

export interface CallLimits extends RequestLimits, RequestTraffic {
  /** Parameters of the request in addition to `name` and `arguments`. */
  readonly params?: JsonObject | undefined;
}

/** An open MCP connection. All other parts of this package communicate with a connector only through its connection. */
export interface Connection {
  readonly facts: ConnectionFacts;
  /**
   * Returns one page of the tool list. Rejects with CONNECTOR_TIMEOUT, CONNECTOR_LIST_INVALID or
   * CONNECTOR_CONNECT_FAILED.
   */
  listToolsPage(cursor: string | null, limits: RequestLimits): Promise<ToolPage>;
  /**
   * Calls a tool. Rejects with TOOL_CALL_REJECTED, TOOL_CALL_TIMEOUT, TOOL_CALL_LOST, CONNECTOR_REFUSED or the signal's
   * reason.
   */
  callTool(
    tool: RemoteToolDefinition,
    args: Readonly<Record<string, unknown>>,
    limits: CallLimits,
  ): Promise<ToolResult>;
  /** Sends any other request. Rejects as `callTool` does. */
  request(method: string, params: JsonObject, limits: RequestLimits & RequestTraffic): Promise<JsonObject>;
  /**
   * Subscribes to changes of a resource. The changes arrive through `onNotification` of the connection's events. The
   * returned function ends the subscription. Rejects as `callTool` does.
   */
  watchResource(uri: string, limits: RequestLimits): Promise<() => void>;
  /** Ends the session if there is one, and then closes the connection. Never rejects. Idempotent. */
  close(): Promise<void>;
}

/** Callbacks for those events of a connection that belong to no request. */
export interface ConnectionEvents {
  /** Called when the connection ended although `close()` was not called. */
  onLost(error: Error): void;
  /** Called when the tools changed or may have changed. */
  onToolsChanged(): void;
  /** Called with a notification that belongs to no request, except the notification about tools. */
  readonly onNotification?: ((method: string, params: JsonObject) => void) | undefined;
  /** Called when a stdio server is started for the connection. */
  onProcess?(view: ProcessView): void;
  /** Called when the stdio server wrote to stderr. */
  onOutput?(): void;
  /** Called when the stdio server sent its first message. */
  onFirstMessage?(): void;
}

/**
 * Opens a connection. Rejects with CONNECTOR_CONNECT_FAILED, CONNECTOR_REFUSED, CONNECTOR_LOGIN_NEEDED,
 * CONNECTOR_TIMEOUT or the signal's reason. If it rejects, it leaves nothing open.
 */
export type Connect = (target: ConnectorTarget, events: ConnectionEvents, limits: RequestLimits) => Promise<Connection>;

/** Callbacks for the process groups that connections start. */
export interface ProgramWatch {
  /** Called when the process group with the leader `pid` has started. */
  started(pid: number): void;
  /** Called when all processes of the group with the leader `pid` have ended. */
  ended(pid: number): void;
}

export interface ConnectOptions {
  readonly dispatcher: Dispatcher;
  /** Maximum size of one response after decompression, in bytes. */
  readonly maxResultBytes: number;
  readonly host: HostSide;
  /** The endpoints that are known to be legacy. */
  readonly eras?: EraMemory;
  /** Notified when process groups of stdio servers start and end. */
  readonly programs?: ProgramWatch | undefined;
  /** Opens a recording for the messages of a new connection. Never rejects. */
  readonly record?: ((connectorId: string) => Promise<MessageRecord>) | undefined;
}
