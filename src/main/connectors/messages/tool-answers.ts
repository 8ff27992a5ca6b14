import { isObject, type JsonObject } from '../../mcp/json-rpc.ts';
import type { ToolResult } from '../../mcp/tool-result.ts';
import type { ToolPage } from '../connection/connection.ts';
import { UnusableAnswer } from '../connection/failure.ts';

/** Reads the result of `tools/list`; the tools themselves are not checked. Throws an UnusableAnswer. */
export function asToolPage({ tools, nextCursor, ttlMs }: JsonObject): ToolPage {
  if (!Array.isArray(tools)) throw new UnusableAnswer('its tool list has no array of tools');
  return {
    tools,
    nextCursor: typeof nextCursor === 'string' ? nextCursor : null,
    ttlMs: typeof ttlMs === 'number' && ttlMs >= 0 ? ttlMs : null,
  };
}

/**
 * Reads the result of `tools/call`. Adds an empty `content`, which a server may omit. Returns two kinds of results
 * unchanged: a result with a `resultType` other than `complete`, such as `input_required`, and a task (MCP 2025-11-25).
 * Throws an UnusableAnswer.
 */
export function asToolResult(result: JsonObject): ToolResult {
  const { content, resultType, task } = result;
  const isOther =
    (typeof resultType === 'string' && resultType !== 'complete') || (content === undefined && isObject(task));
  if (isOther) return result as unknown as ToolResult;
  if (content === undefined || content === null) return { ...result, content: [] } as unknown as ToolResult;
  if (!Array.isArray(content)) throw new UnusableAnswer('its result has no content');
  return result as unknown as ToolResult;
}
