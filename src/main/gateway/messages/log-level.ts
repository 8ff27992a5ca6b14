/** The levels of MCP's log messages, the least severe first (RFC 5424). */
const LEVELS = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'] as const;

/** Whether a value is a level. */
export function isLogLevel(value: unknown): value is (typeof LEVELS)[number] {
  return (LEVELS as readonly unknown[]).includes(value);
}

/** Whether a message of `level` is wanted where `least` is; what is no level is. */
export function isAtLeast(level: unknown, least: string): boolean {
  return !isLogLevel(level) || LEVELS.indexOf(level) >= (LEVELS as readonly string[]).indexOf(least);
}

/** The least severe of some levels; null where there is none. */
export function leastOf(levels: readonly string[]): string | null {
  return LEVELS.find((level) => levels.includes(level)) ?? null;
}
