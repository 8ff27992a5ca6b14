import { type Command, InvalidArgumentError, Option } from 'commander';
import { SwitchyardError } from '../../shared/errors.ts';
import { assertTokens, isLoopback } from '../gateway/http/access-tokens.ts';
import type { ReadyFor } from '../gateway/http/health.ts';
import { DEFAULT_LIMITS, DEFAULT_PORT, type ListenerLimits } from '../gateway/http/limits.ts';
import { assertMetadataUrl, readPublicUrl } from '../gateway/login/access/public-url.ts';
import { milliseconds, repeated, requiredVariable, wholeNumber } from './flags/option-values.ts';
import type { SourceOptions } from './source-options.ts';
import { examples } from './terminal/own-command.ts';
import { withSource } from './with-source.ts';

/** Options of `mcp-switchyard serve`. */
export interface ServeOptions extends SourceOptions {
  readonly stdio: boolean;
  readonly host: string;
  readonly port: number;
  readonly tokenEnv: readonly string[];
  readonly operatorTokenEnv?: string;
  readonly publicUrl?: string;
  readonly allowHost: readonly string[];
  readonly allowOrigin: readonly string[];
  readonly allowPrivate: boolean;
  readonly tools: readonly string[];
  readonly route: readonly string[];
  readonly separator: string;
  readonly readyFor: string;
  readonly sessions: boolean;
  readonly drain: number;
  readonly refresh: number;
  readonly callTimeout: number;
  /** Path of the file to which all messages to and from connectors are recorded. */
  readonly record?: string;
  readonly maxBody: number;
  readonly maxBodies: number;
  readonly maxSessions: number;
  readonly maxConcurrent: number;
  readonly maxStreams: number;
  readonly maxConnections: number;
}

/** Default of `--max-stale` for `serve`: a gateway uses an expired map for one more day. */
const DAY_MS = 24 * 3_600_000;

/** Adds the options of `mcp-switchyard serve` to a command. */
export function withServe(command: Command): Command {
  return withSource(command, { maxStaleMs: DAY_MS })
    .option('--stdio', 'serve one client over standard streams instead of HTTP', false)
    .option('--host <address>', 'address to listen on; an address other than loopback needs --token-env', '127.0.0.1')
    .option('--port <n>', 'port to listen on; 0 takes any free port', portNumber, DEFAULT_PORT)
    .option('--token-env <name>', 'variable with a bearer token that clients must send; may be repeated', repeated, [])
    .option(
      '--operator-token-env <name>',
      'variable with the token of the operator, who may log in to connectors on the page; must not be a client’s token',
    )
    .option(
      '--public-url <url>',
      'address at which browsers reach the gateway, for logins; https, or http on loopback; by default its own',
    )
    .option('--allow-host <name>', 'another host name that requests may use; may be repeated', repeated, [])
    .option(
      '--allow-origin <origin>',
      'origin of a web page that may use the gateway, such as https://app.example.com; may be repeated',
      repeated,
      [],
    )
    .option('--allow-private', 'connectors of a map may be at private and loopback addresses', false)
    .option(
      '--tools <glob>',
      'only tools and prompts with such names (connector__tool); a leading ! denies; may be repeated',
      repeated,
      [],
    )
    .option(
      '--route <name=glob,…>',
      'another endpoint /r/NAME/mcp that shows only these tools and prompts; may be repeated',
      repeated,
      [],
    )
    .option('--separator <text>', 'text between a connector and its tool, in names', separator, '__')
    .option('--ready-for <what>', 'what /readyz waits for: none, any, all, or ids separated by commas', 'any')
    .option('--no-sessions', 'serve legacy clients without sessions, so without server requests and notifications')
    .option('--drain <ms>', 'how long calls may still run at shutdown', milliseconds, 10_000)
    .option('--refresh <ms>', 'how often map and tools are refreshed in the background', milliseconds, 300_000)
    .option('--call-timeout <ms>', 'timeout of one call; a connector may set another', milliseconds, 600_000)
    .option('--record <file>', 'record messages to and from connectors, without secrets, for `replay`')
    .addOption(limit('--max-body <bytes>', 'maximum size of one request', DEFAULT_LIMITS.maxBodyBytes))
    .addOption(
      limit('--max-bodies <bytes>', 'maximum size of all requests that are being read', DEFAULT_LIMITS.maxBodiesBytes),
    )
    .addOption(limit('--max-sessions <n>', 'maximum number of open sessions', DEFAULT_LIMITS.maxSessions))
    .addOption(
      limit('--max-concurrent <n>', 'maximum number of requests served at the same time', DEFAULT_LIMITS.maxConcurrent),
    )
    .addOption(limit('--max-streams <n>', 'maximum number of open notification streams', DEFAULT_LIMITS.maxStreams))
    .addOption(limit('--max-connections <n>', 'maximum number of open sockets', DEFAULT_LIMITS.maxConnections))
    .addHelpText(
      'after',
      examples(
        'mcp-switchyard serve --config .mcp.json',
        'mcp-switchyard serve --service-map https://maps.example.com/map --state-dir ./state --ready-for all',
        'mcp-switchyard serve --registry --stdio --tools "github__*" --tools "!github__delete_*"',
      ),
    );
}

/** Returns the limits for the HTTP listener, including the limits that the options set. */
export function listenerLimits(options: ServeOptions): ListenerLimits {
  return {
    ...DEFAULT_LIMITS,
    maxBodyBytes: options.maxBody,
    maxBodiesBytes: options.maxBodies,
    maxSessions: options.maxSessions,
    maxConcurrent: options.maxConcurrent,
    maxStreams: options.maxStreams,
    maxConnections: options.maxConnections,
  };
}

/** Parses the values of `--route`. Throws OPTIONS_INVALID for an invalid value. */
export function routesOf({ route }: ServeOptions): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    route.map((spec) => {
      const [name, globs] = spec.split('=', 2);
      if (name === undefined || !/^[A-Za-z0-9._-]{1,64}$/.test(name) || globs === undefined || globs === '')
        throw new SwitchyardError(
          'OPTIONS_INVALID',
          `--route ${spec} is not valid: give NAME=GLOB, or NAME=GLOB,!GLOB`,
        );
      return [name, globs.split(',')];
    }),
  );
}

export function readyFor({ readyFor: what }: ServeOptions): ReadyFor {
  return what === 'none' || what === 'any' || what === 'all' ? what : what.split(',');
}

/** The options of `serve` for logins to connectors, with the operator token read from its variable. */
export interface LoginFlags {
  readonly operatorToken: string | null;
  readonly publicUrl: string | null;
  readonly clientMetadataUrl: string | null;
}

/**
 * Reads and checks the options for logins. Throws OPTIONS_INVALID if the operator token is missing, unusable or the
 * same as a client's token, or if a URL is not allowed.
 */
export function loginFlags({ tokenEnv, operatorTokenEnv, publicUrl, clientMetadataUrl }: ServeOptions): LoginFlags {
  const names = [...tokenEnv, ...(operatorTokenEnv === undefined ? [] : [operatorTokenEnv])];
  const optionOf = (index: number): string => (index < tokenEnv.length ? '--token-env' : '--operator-token-env');
  const tokens = names.map((name, index) => requiredVariable(name, optionOf(index)));
  assertTokens(tokens.map((token, index) => [`The variable ${names[index]}`, token]));
  if (publicUrl !== undefined) readPublicUrl(publicUrl, '--public-url');
  if (clientMetadataUrl !== undefined) assertMetadataUrl(clientMetadataUrl, '--client-metadata-url');
  return {
    operatorToken: operatorTokenEnv === undefined ? null : (tokens.at(-1) ?? null),
    publicUrl: publicUrl ?? null,
    clientMetadataUrl: clientMetadataUrl ?? null,
  };
}

/**
 * Reads the tokens of clients from the variables that `--token-env` names. Throws OPTIONS_INVALID for a token that is
 * missing, unusable or given twice. Also throws OPTIONS_INVALID if the gateway is not limited to loopback and there is
 * no token.
 */
export function tokensOf({ tokenEnv, host, stdio }: ServeOptions): readonly string[] {
  const tokens = tokenEnv.map((name) => requiredVariable(name, '--token-env'));
  assertTokens(tokens.map((token, index) => [`The variable ${tokenEnv[index]}`, token]));
  if (!stdio && !isLoopback(host) && tokens.length === 0)
    throw new SwitchyardError(
      'OPTIONS_INVALID',
      `--host ${host} can be reached from other machines: give --token-env NAME too`,
    );
  return tokens;
}

function limit(flags: string, description: string, value: number): Option {
  return new Option(flags, description).argParser(wholeNumber).default(value);
}

function portNumber(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port;
  throw new InvalidArgumentError('Give a port from 0 to 65535.');
}

function separator(text: string): string {
  if (/^[A-Za-z0-9_.:/-]{1,8}$/.test(text)) return text;
  throw new InvalidArgumentError('Give 1 to 8 of the characters A-Z a-z 0-9 _ . : / -');
}
