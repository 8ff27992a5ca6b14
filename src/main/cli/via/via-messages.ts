import type { WireError } from '../../../shared/errors.ts';
import type { JsonObject } from '../../mcp/json-rpc.ts';
import type { ToolProgress, ToolResult } from '../../mcp/tool-result.ts';
import type { HostStatus, ShownTool } from './tool-host.ts';

/**
 * What a command and a gateway of the same machine say to each other over a Unix socket: a line of JSON for each
 * message. The command asks one thing at a time; to give up what it asked, it closes the socket.
 */
export type ViaRequest =
  /** The first message. Null where the command was told which gateway to use. */
  | { readonly ask: 'hello'; readonly version: number; readonly digest: string | null }
  /** How the connectors are now; no tools. */
  | { readonly ask: 'view' }
  /** The same with tools, of one connector or of all, once nothing that is worth waiting for starts any more. */
  | { readonly ask: 'settled'; readonly connector: string | null; readonly waitMs: number | null }
  | {
      readonly ask: 'call';
      readonly tool: string;
      readonly args: Readonly<Record<string, unknown>>;
      readonly timeoutMs: number | null;
    };

/** Who answers, and whether it serves what the command was given. */
export interface ViaHello {
  readonly version: number;
  readonly pid: number;
  readonly isSame: boolean;
}

/** The connectors, and the tools of those that are up or remembered, as the gateway shows them. */
export interface ViaView {
  readonly status: HostStatus;
  readonly tools: readonly ShownTool[];
}

export type ViaAnswer =
  | { readonly say: 'progress'; readonly progress: ToolProgress; readonly notice: JsonObject }
  | { readonly say: 'answer'; readonly answer: ViaHello | ViaView | ToolResult }
  | { readonly say: 'error'; readonly error: WireError };

/** Raised with each change that an older end would misread. Ends of different versions do not talk. */
export const VIA_VERSION = 1;

/** The longest message. */
export const MAX_VIA_BYTES = 64 * 1024 * 1024;
