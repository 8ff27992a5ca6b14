import * as z from 'zod';

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
const name = z
  .string()
  .min(1)
  .max(256)
  .refine((text) => !/[\p{Cc}\p{Cf}\u2028\u2029]/u.test(text), 'holds a control character');

const strings = z.record(z.string(), z.string());

const schema = z.compile(
  z.looseObject({
    name,
    transport: z.enum(['stdio', 'http', 'sse', 'ws', 'streamableHttp']),
    command: z.string().optional(),
    args: z.array(z.string()).optional(),
    env: strings.optional(),
    endpoint: z.string().optional(),
    headers: strings.optional(),
  }),
);

/** Far more than any server has; what threads and files can carry is some thousand. */
const MAX_DEPTH = 64;

type Path = readonly (string | number)[];

/** Why `value`, as JSON has it, is no ServerInfo, as `member: reason`; null if it is one. */
export function serverInfoFault(value: unknown): string | null {
  const result = schema.safeParse(value);
  if (result.success) return memberFault(value, []);
  const issue = result.error.issues[0];
  return faultAt((issue?.path ?? []) as Path, issue?.message ?? 'invalid');
}

/**
 * Members that this package does not know are kept, so they have to be such as can be kept: SQLite has no lone
 * surrogates, and would take two names for one.
 */
function memberFault(value: unknown, path: Path): string | null {
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

function faultAt(path: Path, reason: string): string {
  return `${path.length === 0 ? 'the entry' : z.core.toDotPath([...path])}: ${reason}`;
}
