import type { WireError } from '../../../shared/errors.ts';
import type { JsonObject } from '../../mcp/json-rpc.ts';
import type { ToolProgress, ToolResult } from '../../mcp/tool-result.ts';
import type { HostStatus, ShownTool } from './tool-host.ts';

/**
 * Requests of a command to a gateway on the same machine, over a Unix socket with one line of JSON for each message.
 * The command sends one request at a time; to cancel it, it closes the socket.
 */
export type ViaRequest =
  /** The first message. The digest is null if the command line names the gateway. */
  | { readonly ask: 'hello'; readonly version: number; readonly digest: string | null }
  /** Requests the state of the connectors, without tools. */
  | { readonly ask: 'view' }
  /**
   * Requests the state with tools, of one connector or of all, once no connector that is worth waiting for is starting.
   */
  | { readonly ask: 'settled'; readonly connector: string | null; readonly waitMs: number | null }
  | {
      readonly ask: 'call';
      readonly tool: string;
      readonly args: Readonly<Record<string, unknown>>;
      readonly timeoutMs: number | null;
    };

/** Version and process of the gateway, and whether it serves the same connectors as the command line. */
export interface ViaHello {
  readonly version: number;
  readonly pid: number;
  readonly isSame: boolean;
}

/** The connectors, and the tools of connectors that are up or remembered, as the gateway shows them. */
export interface ViaView {
  readonly status: HostStatus;
  readonly tools: readonly ShownTool[];
}

export type ViaAnswer =
  | { readonly say: 'progress'; readonly progress: ToolProgress; readonly notice: JsonObject }
  | { readonly say: 'answer'; readonly answer: ViaHello | ViaView | ToolResult }
  | { readonly say: 'error'; readonly error: WireError };

/**
 * Version of the messages. Raise it with each change that an older command or gateway would misread; different versions
 * do not communicate.
 */
export const VIA_VERSION = 1;

/** Maximum size of a message. */
export const MAX_VIA_BYTES = 64 * 1024 * 1024;
