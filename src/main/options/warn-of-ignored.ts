import { nearestName } from '../../shared/nearest-name.ts';
import type { Logger } from '../observability/logger.ts';
import { KNOWN_OPTIONS } from './option-checks.ts';

/** The warnings that this process has emitted without a logger. Each of them is emitted only once. */
const warned = new Set<string>();

/**
 * Warns of options that have no effect: unknown options, with the nearest known name, and network options that `agent`
 * replaces. Unknown options are not an error, because callers may pass their whole configuration. Without a logger,
 * calls `process.emitWarning`, once for each message.
 */
export function warnOfIgnored(options: object, logger: Logger | null): void {
  const names = Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  const unknown = names.filter((name) => !KNOWN_OPTIONS.has(name));
  if (unknown.length > 0)
    warn(logger, { event: 'options-unknown', options: unknown }, `Unknown options are ignored: ${named(unknown)}`);
  const overruled = ['tls', 'proxy'].filter((name) => names.includes('agent') && names.includes(name));
  if (overruled.length > 0)
    warn(logger, { event: 'options-overruled', options: overruled }, `The agent overrides ${overruled.join(' and ')}`);
}

function named(unknown: readonly string[]): string {
  const known = [...KNOWN_OPTIONS];
  return unknown
    .map((name) => ({ name, nearest: nearestName(name, known) }))
    .map(({ name, nearest }) => (nearest === null ? name : `${name} (did you mean ${nearest}?)`))
    .join(', ');
}

function warn(
  logger: Logger | null,
  fields: { readonly event: string; readonly options: string[] },
  text: string,
): void {
  if (logger !== null) {
    logger.warn(fields, text);
  } else if (!warned.has(text)) {
    warned.add(text);
    process.emitWarning(text, { code: 'SWITCHYARD_OPTIONS' });
  }
}
