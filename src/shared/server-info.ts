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

/** Why `value` is no ServerInfo, as `member: reason`; null if it is one. */
export function serverInfoFault(value: unknown): string | null {
  const result = schema.safeParse(value);
  if (result.success) return null;
  const issue = result.error.issues[0];
  const place = z.core.toDotPath(issue?.path ?? []);
  return `${place === '' ? 'the entry' : place}: ${issue?.message ?? 'invalid'}`;
}
