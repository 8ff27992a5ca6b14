import type { ServerInfo } from '../../shared/servers/server-info.ts';
import { MASK } from './secret-mask.ts';
import { isSecretName, maskArgument, maskText, maskValue } from './secret-shapes.ts';

/** Command-line options whose value sets a variable or a header. Docker and mcp-remote have such options. */
const SETTERS: ReadonlySet<string> = new Set(['-e', '--env', '-H', '--header', '--headers']);

/**
 * Returns a copy of a server for display, with its secrets masked. In `env` and `headers`, masks every value except
 * references to variables. In the command line, the endpoint and unknown members, masks everything that looks like a
 * secret.
 */
export function maskServer(info: ServerInfo): ServerInfo {
  const { name, transport, command, args, env, endpoint, headers, ...rest } = info;
  return {
    name,
    transport,
    ...(command !== undefined && { command: maskText(command) }),
    ...(args !== undefined && { args: maskArgs(args) }),
    ...(env !== undefined && { env: maskValues(env) }),
    ...(endpoint !== undefined && { endpoint: maskText(endpoint) }),
    ...(headers !== undefined && { headers: maskValues(headers) }),
    ...(maskMember('', rest, false) as object),
  };
}

function maskValues(table: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(table).map(([name, value]) => [name, maskValue(value)]));
}

function maskArgs(args: readonly string[]): readonly string[] {
  return args.map((arg, index) => {
    const before = args[index - 1] ?? '';
    const setting = SETTERS.has(before) ? /^([\w.-]+\s*[=:]\s*)(.+)$/s.exec(arg) : null;
    if (setting !== null) return `${setting[1]}${maskValue(setting[2] ?? '')}`;
    return maskArgument(before, arg);
  });
}

/**
 * Whether a value is shown although it may look like a secret. A client id is public (RFC 6749 section 2.2), and so is
 * the name of a variable.
 */
function isShownAsItIs(name: string, value: string): boolean {
  if (/^(?:oauth_?)?client_?id$/i.test(name)) return true;
  return /[a-z]_?env(?:_?var)?$/i.test(name) && /^[A-Za-z_]\w{0,127}$/.test(value) && maskText(value) === value;
}

/** Masks the value of a member. `isSecret` is true if the name of a member around it marks the value as secret. */
function maskMember(name: string, value: unknown, isSecret: boolean): unknown {
  const isOurs = isSecret || isSecretName(name);
  if (typeof value === 'string' && !isSecret && isShownAsItIs(name, value)) return value;
  if (typeof value === 'string') return isOurs ? maskValue(value) : maskText(value);
  if (typeof value === 'number') return isOurs ? MASK : value;
  if (typeof value !== 'object' || value === null) return value;
  // An object in `auth` or `oauth` is not secret as a whole. Its members are masked according to their own names.
  const isWithin = isSecret || (isSecretName(name) && !/auth/i.test(name));
  if (Array.isArray(value)) return value.map((item) => maskMember(name, item, isWithin));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, maskMember(key, item, isWithin)]));
}
