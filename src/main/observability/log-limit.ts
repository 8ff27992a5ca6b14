import { startTimer, type Timer } from '../../shared/clock.ts';
import type { Logger } from './logger.ts';

/** Maximum number of log lines of one event in one window. Further lines are only counted. */
const MAX_LINES = 1_000;
const WINDOW_MS = 10_000;

/** Counts the written and the omitted lines of one event in the current window of time. */
interface Window {
  lines: number;
  dropped: number;
}

/**
 * Wraps a logger to limit lines about connectors and tools: at most 1 000 lines of one event in 10 s. After that, one
 * line says how many lines were omitted. Without the limit, 10 000 connectors that fail together would flood the log.
 * Lines at level `error` and lines about other subjects are always written.
 */
export function limitLogs(logger: Logger, maxLines = MAX_LINES, timer: typeof startTimer = startTimer): Logger {
  const windows = new Map<string, Window>();
  let _pending: Timer | null = null;

  const close = (): void => {
    _pending = null;
    const dropped = [...windows].filter(([, window]) => window.dropped > 0);
    windows.clear();
    for (const [of, { dropped: lines }] of dropped)
      logger.warn(
        { event: 'log-limited', of, lines },
        `Omitted ${lines} more lines of "${of}" within ${WINDOW_MS / 1_000} s`,
      );
  };
  const passes = (fields: object): boolean => {
    const event: unknown = 'event' in fields ? fields.event : undefined;
    const isOneOfMany = 'connectorId' in fields || 'tool' in fields;
    if (typeof event !== 'string' || !isOneOfMany) return true;
    _pending ??= timer(WINDOW_MS, close);
    const window = windows.get(event) ?? { lines: 0, dropped: 0 };
    windows.set(event, window);
    if (window.lines >= maxLines) window.dropped += 1;
    else window.lines += 1;
    return window.dropped === 0;
  };
  const limited =
    (level: 'debug' | 'info' | 'warn') =>
    (fields: object, message: string): void => {
      if (passes(fields)) logger[level](fields, message);
    };
  return {
    debug: limited('debug'),
    info: limited('info'),
    warn: limited('warn'),
    error: (fields, message) => logger.error(fields, message),
  };
}
