import type { CallToolResult } from '@modelcontextprotocol/client';

/** What a tool answers; `isError` marks a tool that ran and failed. */
export type ToolResult = CallToolResult;

/** One step of a tool that reports its progress. */
export interface ToolProgress {
  readonly progress: number;
  readonly total?: number | undefined;
  readonly message?: string | undefined;
}
