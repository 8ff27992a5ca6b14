import { type Clock, systemClock } from '../../../shared/clock.ts';
import { type Logger, silentLogger } from '../../observability/logger.ts';
import { sayLogLine } from './output.ts';

/** Reasons that are remembered of one connector; one with more starts again. */
const MAX_REASONS = 32;

/** States after which a reason that was said before is news again. */
const FRESH_STATES: ReadonlySet<unknown> = new Set(['ready', 'degraded', 'disabled', 'closing']);

/** What differs between two reports of one reason: times, durations, ids of processes and requests, ports. */
const CHANGING =
  /\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\bpid\W{0,2}\d+|\d+(?:\.\d+)? ?(?:ms|s|min)\b|\d+(?:[-:.T]\d+)+|\d{4,}/gi;

/** A line with the time before it, for a process that stays up. */
export function withTime(line: string, clock: Clock = systemClock): string {
  return `${new Date(clock.now()).toISOString()} ${line}`;
}

/** What is known of the fields of a log line. */
interface Fields {
  readonly event?: unknown;
  readonly connectorId?: unknown;
  readonly sourceId?: unknown;
  readonly code?: unknown;
  readonly error?: unknown;
  readonly to?: unknown;
}

/**
 * Creates what a process that stays up logs with: warnings and errors, each with its time. A connector or a service map
 * that fails again for a reason that was said since it last worked is not mentioned again, since it is retried for as
 * long as it fails. A refused address names the flag that allows it.
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

/** The reasons that were said of each connector and each service map since it last worked. */
class SaidReasons {
  readonly #reasons = new Map<string, Set<string>>();

  /** Whether a line is one to say; its reason is remembered then. */
  isNews(fields: Fields, message: string): boolean {
    const subject = subjectOf(fields);
    if (subject === null) return true;
    const known = this.#reasons.get(subject) ?? new Set();
    // Two lines tell of one failed refresh, in different words.
    const reason = fields.event === 'connector-state' ? message.replace(CHANGING, '#') : String(fields.code);
    if (known.has(reason)) return false;
    if (known.size >= MAX_REASONS) known.clear();
    this.#reasons.set(subject, known.add(reason));
    return true;
  }

  /** Forgets the reasons of what works by now, or is gone; whether there were some. */
  forget(fields: Fields): boolean {
    const subject = subjectOf(fields);
    const isOver = fields.event === 'refresh-completed' || FRESH_STATES.has(fields.to);
    return subject !== null && isOver && this.#reasons.delete(subject);
  }
}

/** What a line is about; null for a line that is said each time. */
function subjectOf({ event, connectorId, sourceId }: Fields): string | null {
  if (event === 'connector-state') return `connector ${String(connectorId)}`;
  const isOfMap = event === 'refresh-failed' || event === 'map-refresh-failed' || event === 'refresh-completed';
  return isOfMap ? `map ${String(sourceId)}` : null;
}
