import type { WireError } from '../../../shared/errors.ts';
import type { JsonObject } from '../../mcp/json-rpc.ts';
import type { ToolProgress, ToolResult } from '../../mcp/tool-result.ts';
import type { HostStatus, ShownTool } from './tool-host.ts';

/**
 * Requests that a command sends to a gateway on the same machine. They are sent over a Unix socket, as one line of JSON
 * each. A command sends one request at a time, and closes the socket to cancel a request.
 */
export type ViaRequest =
  /** The first message of a connection. The digest is null if `--via` names the gateway. */
  | { readonly ask: 'hello'; readonly version: number; readonly digest: string | null }
  /** Asks for the status of the connectors, without their tools. */
  | { readonly ask: 'view' }
  /**
   * Waits until one connector, or each connector, has started or has failed to start. Then asks for the status and the
   * tools.
   */
  | { readonly ask: 'settled'; readonly connector: string | null; readonly waitMs: number | null }
  | {
      readonly ask: 'call';
      readonly tool: string;
      readonly args: Readonly<Record<string, unknown>>;
      readonly timeoutMs: number | null;
    };

/**
 * Answer to the first message: the version and process id of the gateway, and whether the command can use the gateway.
 */
export interface ViaHello {
  readonly version: number;
  readonly pid: number;
  readonly isSame: boolean;
}

/**
 * The status of all connectors. Also contains the tools that are listed now or remembered from an earlier run, if
 * `--tools` allows them.
 */
export interface ViaView {
  readonly status: HostStatus;
  readonly tools: readonly ShownTool[];
}

export type ViaAnswer =
  | { readonly say: 'progress'; readonly progress: ToolProgress; readonly notice: JsonObject }
  | { readonly say: 'answer'; readonly answer: ViaHello | ViaView | ToolResult }
  | { readonly say: 'error'; readonly error: WireError };

/**
 * Version of the messages. It must be increased with each change that an older command or gateway would misunderstand.
 * A command uses only a gateway of the same version.
 */
export const VIA_VERSION = 1;

/** Maximum size of a message, in bytes. */
export const MAX_VIA_BYTES = 64 * 1024 * 1024;
