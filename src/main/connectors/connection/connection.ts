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
  /** The entry's own, sent with every request beside those of its credentials. */
  readonly headers: Readonly<Record<string, string>>;
  readonly era: EraPolicy;
  readonly transport: TransportPolicy;
  readonly credentials: Credentials;
  /** What to run for a connector that is a program; its URL is then a mere name. */
  readonly command: StdioCommand | null;
  /** Takes the messages of the connection, where they are recorded. */
  readonly record?: MessageRecord | undefined;
  /** Whether its tools are listed as soon as it is connected, which saves round trips. */
  readonly listsAtOnce?: boolean;
}

/** What a handshake found out. */
export interface ConnectionFacts {
  readonly era: 'legacy' | 'modern' | 'unknown';
  readonly transport: 'streamable-http' | 'sse' | 'stdio' | 'custom';
  readonly protocolVersion: string | null;
  readonly serverName: string | null;
  /** As MCP's `ServerCapabilities`. */
  readonly capabilities: JsonObject;
}

/** One page of a tool list; its tools are not judged yet. */
export interface ToolPage {
  readonly tools: readonly unknown[];
  readonly nextCursor: string | null;
  /** For how long the server says the list holds; null if it does not. */
  readonly ttlMs: number | null;
}

export interface RequestLimits {
  readonly signal: Cancellation;
  readonly timeoutMs: number;
}

/** Whether a call that failed was handed to the connector: surely not, or maybe. */
export type Sent = 'no' | 'maybe';

/** Takes the JSON of a large result as it comes. */
export interface ResultSink {
  /** False where no more is wanted until `resume` of the flow that it was opened with is called. */
  write(chunk: Buffer): boolean;
}

/** What goes along with a request besides its answer. */
export interface RequestTraffic {
  /** `params` are those of the notice, as they were sent. */
  readonly onProgress?: ((progress: ToolProgress, params: JsonObject) => void) | undefined;
  /** A notice that the connector sent about this request, other than its progress, as far as the connection can tell. */
  readonly onNotification?: ((method: string, params: JsonObject) => void) | undefined;
  /** Answers what the connector asks because of this request, in place of the manager's own host, as far as the connection can tell. */
  readonly host?: HostSide | undefined;
  /** Whether an answer that asks for input (MCP 2026-07-28) is the result, rather than one more question to the host. */
  readonly returnsInputRequests?: boolean | undefined;
  /**
   * Opens a sink for a result above 64 KiB, where the connection can read it piece by piece. What is returned in the end is then empty; a failure midway
   * rejects all the same.
   */
  readonly onLargeResult?: ((flow: { readonly resume: () => void }) => ResultSink) | undefined;
}

export interface CallLimits extends RequestLimits, RequestTraffic {
  /** Members of the request's parameters besides `name` and `arguments`. */
  readonly params?: JsonObject | undefined;
}

/** An MCP connection that is up: the one way the rest of the house talks to a connector. */
export interface Connection {
  readonly facts: ConnectionFacts;
  /** Rejects with CONNECTOR_TIMEOUT, CONNECTOR_LIST_INVALID or CONNECTOR_CONNECT_FAILED. */
  listToolsPage(cursor: string | null, limits: RequestLimits): Promise<ToolPage>;
  /** Rejects with TOOL_CALL_REJECTED, TOOL_CALL_TIMEOUT, TOOL_CALL_LOST, CONNECTOR_REFUSED or the signal's reason. */
  callTool(
    tool: RemoteToolDefinition,
    args: Readonly<Record<string, unknown>>,
    limits: CallLimits,
  ): Promise<ToolResult>;
  /** Sends any other request. Rejects as `callTool` does. */
  request(method: string, params: JsonObject, limits: RequestLimits & RequestTraffic): Promise<JsonObject>;
  /**
   * Has the connector tell when a resource changes, by `onNotification` of the connection's events; the returned function ends that. Rejects as `callTool` does.
   */
  watchResource(uri: string, limits: RequestLimits): Promise<() => void>;
  /** Ends the session where there is one, then the connection. Never rejects. Idempotent. */
  close(): Promise<void>;
}

/** What a connection tells its connector of its own accord. */
export interface ConnectionEvents {
  /** The connection is gone, though nobody closed it. */
  onLost(error: Error): void;
  /** The connector says that its tools changed, or may have. */
  onToolsChanged(): void;
  /** A notice that belongs to no request, other than one about tools. */
  readonly onNotification?: ((method: string, params: JsonObject) => void) | undefined;
  /** A program is started for it. */
  onProcess?(view: ProcessView): void;
  /** The program wrote a line to stderr. */
  onOutput?(): void;
  /** The program sent its first message. */
  onFirstMessage?(): void;
}

/**
 * Brings a connection up. Rejects with CONNECTOR_CONNECT_FAILED, CONNECTOR_REFUSED, CONNECTOR_LOGIN_NEEDED, CONNECTOR_TIMEOUT or
 * the signal's reason, leaving nothing open.
 */
export type Connect = (target: ConnectorTarget, events: ConnectionEvents, limits: RequestLimits) => Promise<Connection>;

/** Hears of the process groups that connections start. */
export interface ProgramWatch {
  /** `pid` leads a process group that runs now. */
  started(pid: number): void;
  /** Nothing of that group runs any more. */
  ended(pid: number): void;
}

export interface ConnectOptions {
  readonly dispatcher: Dispatcher;
  /** Cap on one answer, after decompression. */
  readonly maxResultBytes: number;
  readonly host: HostSide;
  /** The endpoints that are known to be legacy. */
  readonly eras?: EraMemory;
  /** Hears which process groups run. */
  readonly programs?: ProgramWatch | undefined;
  /** Records the messages of each new connection. Never rejects. */
  readonly record?: ((connectorId: string) => Promise<MessageRecord>) | undefined;
}
