import { oneOf, optional, that } from '../validation/check.ts';
import { Fault, type FaultPath, placeOf } from '../validation/fault.ts';
import { list, looseObject, record } from '../validation/objects.ts';
import { text, units } from '../validation/text.ts';

/** A server of the registry. Members this package does not know are kept as they were given. */
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

/** Names stand in logs, tables and files. */
const name = text(
  units(1, 256),
  that((given) => !/[\p{Cc}\p{Cf}\u2028\u2029]/u.test(given), 'holds a control character'),
);

const strings = record(text());

/** The form of a server, apart from members that this package does not know. */
export const checkServerShape = looseObject({
  name,
  transport: oneOf('stdio', 'http', 'sse', 'ws', 'streamableHttp'),
  command: optional(text()),
  args: optional(list(text())),
  env: optional(strings),
  endpoint: optional(text()),
  headers: optional(strings),
});

/** Far more than any server has; what threads and files can carry is some thousand. */
const MAX_DEPTH = 64;

/** Why `value`, as JSON has it, is no ServerInfo, as `member: reason`; null if it is one. */
export function serverInfoFault(value: unknown): string | null {
  const checked = checkServerShape(value);
  return checked instanceof Fault ? faultAt(checked.path, checked.message) : memberFault(value, []);
}

/**
 * Members that this package does not know are kept, so they have to be such as can be kept: SQLite has no lone
 * surrogates, and would take two names for one.
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

const HALF = 'holds half a character (a lone surrogate)';

function faultAt(path: FaultPath, reason: string): string {
  return `${path.length === 0 ? 'the entry' : placeOf(path)}: ${reason}`;
}
