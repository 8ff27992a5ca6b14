import type { JsonObject } from '../../mcp/json-rpc.ts';

/** The levels of MCP's log messages, the least severe first (RFC 5424). */
const LEVELS = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'] as const;

/** Whether a value is a log level of MCP. */
export function isLogLevel(value: unknown): value is (typeof LEVELS)[number] {
  return (LEVELS as readonly unknown[]).includes(value);
}

/** Whether a message of `level` is at least as severe as `least`; an unknown level always is. */
export function isAtLeast(level: unknown, least: string): boolean {
  return !isLogLevel(level) || LEVELS.indexOf(level) >= (LEVELS as readonly string[]).indexOf(least);
}

/** The least severe of some levels; null if there are none. */
export function leastOf(levels: readonly string[]): string | null {
  return LEVELS.find((level) => levels.includes(level)) ?? null;
}

/** Adds to a log message which connector it is from; null leaves the message unchanged. */
export function withLogger(notice: JsonObject, logger: string | null): JsonObject {
  if (logger === null) return notice;
  return { ...notice, logger: typeof notice.logger === 'string' ? `${logger}/${notice.logger}` : logger };
}
