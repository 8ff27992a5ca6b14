import type { CallToolResult } from '@modelcontextprotocol/client';

/** Result of a tool. `isError` marks a tool that ran and failed. */
export type ToolResult = CallToolResult;

/** One progress report of a tool. */
export interface ToolProgress {
  readonly progress: number;
  readonly total?: number | undefined;
  readonly message?: string | undefined;
}
