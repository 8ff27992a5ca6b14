import type { CallToolResult } from '@modelcontextprotocol/client';

/** Result of a tool call. With `isError`, the tool ran but failed. */
export type ToolResult = CallToolResult;

/** A progress notification for a tool call. */
export interface ToolProgress {
  readonly progress: number;
  readonly total?: number | undefined;
  readonly message?: string | undefined;
}
