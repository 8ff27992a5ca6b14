import type { JsonObject } from '../../mcp/json-rpc.ts';

/** A log message that says which connector it is from; `logger` is null where there is only one. */
export function withLogger(notice: JsonObject, logger: string | null): JsonObject {
  if (logger === null) return notice;
  return { ...notice, logger: typeof notice.logger === 'string' ? `${logger}/${notice.logger}` : logger };
}
