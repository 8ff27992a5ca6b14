import { type Clock, systemClock } from '../../../shared/clock.ts';
import { type Logger, silentLogger } from '../../observability/logger.ts';
import { sayLogLine } from './output.ts';

/** Maximum number of reasons that are remembered for one connector. Beyond that, all of them are forgotten. */
const MAX_REASONS = 32;

/** States after which a reason that was already printed counts as new. */
const FRESH_STATES: ReadonlySet<unknown> = new Set(['ready', 'degraded', 'disabled', 'closing']);

/** Parts that differ between two reports of one reason: times, durations, ids of processes and requests, ports. */
const CHANGING =
  /\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\bpid\W{0,2}\d+|\d+(?:\.\d+)? ?(?:ms|s|min)\b|\d+(?:[-:.T]\d+)+|\d{4,}/gi;

/** Adds the time before a line, for a process that stays up. */
export function withTime(line: string, clock: Clock = systemClock): string {
  return `${new Date(clock.now()).toISOString()} ${line}`;
}

/** Fields of a log line that matter here. */
interface Fields {
  readonly event?: unknown;
  readonly connectorId?: unknown;
  readonly sourceId?: unknown;
  readonly code?: unknown;
  readonly error?: unknown;
  readonly to?: unknown;
}

/**
 * Creates the logger of a process that stays up: it prints warnings and errors, each with its time. A connector or a
 * service map that keeps failing is retried; a reason is printed once until the connector or the map works again. A
 * refused address names the flag that allows it.
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

/** Reasons that were printed for each connector and each service map since it last worked. */
class SaidReasons {
  readonly #reasons = new Map<string, Set<string>>();

  /** Whether a line is to be printed; if so, remembers its reason. */
  isNews(fields: Fields, message: string): boolean {
    const subject = subjectOf(fields);
    if (subject === null) return true;
    const known = this.#reasons.get(subject) ?? new Set();
    // Two log lines report one failed refresh, in different words.
    const reason = fields.event === 'connector-state' ? message.replace(CHANGING, '#') : String(fields.code);
    if (known.has(reason)) return false;
    if (known.size >= MAX_REASONS) known.clear();
    this.#reasons.set(subject, known.add(reason));
    return true;
  }

  /** Forgets the reasons of a connector or map that works again, or is gone. Returns whether there were any. */
  forget(fields: Fields): boolean {
    const subject = subjectOf(fields);
    const isOver = fields.event === 'refresh-completed' || FRESH_STATES.has(fields.to);
    return subject !== null && isOver && this.#reasons.delete(subject);
  }
}

/** Returns the subject of a line; null for a line that is always printed. */
function subjectOf({ event, connectorId, sourceId }: Fields): string | null {
  if (event === 'connector-state') return `connector ${String(connectorId)}`;
  const isOfMap = event === 'refresh-failed' || event === 'map-refresh-failed' || event === 'refresh-completed';
  return isOfMap ? `map ${String(sourceId)}` : null;
}
