import { oneOf, optional, that } from '../validation/check.ts';
import { Fault, type FaultPath, placeOf } from '../validation/fault.ts';
import { list, looseObject, record } from '../validation/objects.ts';
import { text, units } from '../validation/text.ts';

/** A server in the registry. Members that this package does not know are kept unchanged. */
export interface ServerInfo {
  readonly name: string;
  readonly transport: 'stdio' | 'http' | 'sse' | 'ws' | 'streamableHttp';
  readonly command?: string | undefined;
  readonly args?: readonly string[] | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly endpoint?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly [member: string]: unknown;
}

/** The name of a server appears in logs, tables and files, so it must not contain control characters. */
const name = text(
  units(1, 256),
  that((given) => !/[\p{Cc}\p{Cf}\u2028\u2029]/u.test(given), 'must not contain a control character'),
);

const strings = record(text());

/** Checks the members of a server that this package knows. */
export const checkServerShape = looseObject({
  name,
  transport: oneOf('stdio', 'http', 'sse', 'ws', 'streamableHttp'),
  command: optional(text()),
  args: optional(list(text())),
  env: optional(strings),
  endpoint: optional(text()),
  headers: optional(strings),
});

/**
 * Maximum nesting depth of a server definition. No server needs more levels, although several thousand could still be
 * passed to threads and written to files.
 */
const MAX_DEPTH = 64;

/** Returns why `value` is not a valid ServerInfo, as `member: reason`; null if it is valid. */
export function serverInfoFault(value: unknown): string | null {
  const checked = checkServerShape(value);
  return checked instanceof Fault ? faultAt(checked.path, checked.message) : memberFault(value, []);
}

/**
 * Checks the members that this package does not know. They must not contain lone surrogates, which SQLite cannot store.
 * Two names that differ only in a lone surrogate would become equal.
 */
function memberFault(value: unknown, path: FaultPath): string | null {
  if (typeof value === 'string') return value.isWellFormed() ? null : faultAt(path, HALF);
  if (typeof value !== 'object' || value === null) return null;
  if (path.length > MAX_DEPTH) return faultAt(path.slice(0, 1), 'is nested too deep');
  for (const [key, member] of Object.entries(value)) {
    const step = Array.isArray(value) ? Number(key) : key;
    const fault = key.isWellFormed() ? memberFault(member, [...path, step]) : faultAt(path, HALF);
    if (fault !== null) return fault;
  }
  return null;
}

const HALF = 'contains a lone surrogate (half a character)';

function faultAt(path: FaultPath, reason: string): string {
  return `${path.length === 0 ? 'the entry' : placeOf(path)}: ${reason}`;
}
