import { type Clock, systemClock } from '../../../shared/clock.ts';
import { type Logger, silentLogger } from '../../observability/logger.ts';
import { sayLogLine } from './output.ts';

/** Maximum number of reasons that are remembered for a connector or map. When there are more, all are forgotten. */
const MAX_REASONS = 32;

/** When a connector enters one of these states, its reasons are forgotten, so that they can be printed again. */
const FRESH_STATES: ReadonlySet<unknown> = new Set(['ready', 'degraded', 'disabled', 'closing']);

/**
 * Matches parts of a message that change although the reason is the same: times, durations, ports, and ids of processes
 * and requests.
 */
const CHANGING =
  /\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\bpid\W{0,2}\d+|\d+(?:\.\d+)? ?(?:ms|s|min)\b|\d+(?:[-:.T]\d+)+|\d{4,}/gi;

/** Adds the current time to the start of a line. */
export function withTime(line: string, clock: Clock = systemClock): string {
  return `${new Date(clock.now()).toISOString()} ${line}`;
}

/** The fields of a log message that this logger uses. */
interface Fields {
  readonly event?: unknown;
  readonly connectorId?: unknown;
  readonly sourceId?: unknown;
  readonly code?: unknown;
  readonly error?: unknown;
  readonly to?: unknown;
}

/**
 * Creates a logger for a long-running process. Prints warnings and errors with the time. If a connector or service map
 * fails again for the same reason, the message is printed only once until the connector or map works again. A message
 * about a refused address mentions `--allow-private`.
 */
export function createWarningLogger(clock: Clock = systemClock): Logger {
  const said = new SaidReasons();
  const tell = (fields: Fields, message: string): void => {
    const { event, code, error } = fields;
    const text = event === 'refresh-failed' && typeof error === 'string' ? `${message}: ${error}` : message;
    if (!said.isNews(fields, text)) return;
    const isRefused = code === 'CONNECTOR_ADDRESS_REFUSED' && !message.includes('--allow-private');
    sayLogLine(withTime(`${text}${isRefused ? ' (`--allow-private` allows it)' : ''}`, clock));
  };
  const note = (fields: Fields): void => {
    const wasFailing = said.forget(fields);
    if (wasFailing && fields.event === 'refresh-completed')
      sayLogLine(withTime('The service map is refreshed again', clock));
  };
  return { ...silentLogger, info: note, warn: tell, error: tell };
}

/** For each connector and service map, the failure reasons that were printed since it last worked. */
class SaidReasons {
  readonly #reasons = new Map<string, Set<string>>();

  /** Returns whether a message must be printed. Remembers the reason that the message gives. */
  isNews(fields: Fields, message: string): boolean {
    const subject = subjectOf(fields);
    if (subject === null) return true;
    const known = this.#reasons.get(subject) ?? new Set();
    // A failed refresh is logged twice with different messages, but with the same code.
    const reason = fields.event === 'connector-state' ? message.replace(CHANGING, '#') : String(fields.code);
    if (known.has(reason)) return false;
    if (known.size >= MAX_REASONS) known.clear();
    this.#reasons.set(subject, known.add(reason));
    return true;
  }

  /**
   * Forgets the printed reasons of a connector or map that works again or was removed. Returns whether there were any.
   */
  forget(fields: Fields): boolean {
    const subject = subjectOf(fields);
    const isOver = fields.event === 'refresh-completed' || FRESH_STATES.has(fields.to);
    return subject !== null && isOver && this.#reasons.delete(subject);
  }
}

/** Returns which connector or map a message is about. Returns null for a message that must always be printed. */
function subjectOf({ event, connectorId, sourceId }: Fields): string | null {
  if (event === 'connector-state') return `connector ${String(connectorId)}`;
  const isOfMap = event === 'refresh-failed' || event === 'map-refresh-failed' || event === 'refresh-completed';
  return isOfMap ? `map ${String(sourceId)}` : null;
}
