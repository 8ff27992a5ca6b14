import type { JsonObject } from '../../mcp/json-rpc.ts';

/** Levels of MCP's log messages, least severe first (RFC 5424). */
const LEVELS = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'] as const;

/** True if a value is a log level of MCP. */
export function isLogLevel(value: unknown): value is (typeof LEVELS)[number] {
  return (LEVELS as readonly unknown[]).includes(value);
}

/** True if a message of `level` is at least as severe as `least`. Unknown levels count as severe enough. */
export function isAtLeast(level: unknown, least: string): boolean {
  return !isLogLevel(level) || LEVELS.indexOf(level) >= (LEVELS as readonly string[]).indexOf(least);
}

/** Returns the least severe of some levels; null for an empty list. */
export function leastOf(levels: readonly string[]): string | null {
  return LEVELS.find((level) => levels.includes(level)) ?? null;
}

/** Adds the name of the connector to a log message; null leaves the message unchanged. */
export function withLogger(notice: JsonObject, logger: string | null): JsonObject {
  if (logger === null) return notice;
  return { ...notice, logger: typeof notice.logger === 'string' ? `${logger}/${notice.logger}` : logger };
}
