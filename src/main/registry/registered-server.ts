import type { ErrorCode } from '../../shared/error-codes.ts';
import type { ServerInfo } from '../../shared/servers/server-info.ts';
import { ConfigProblems, keyPlace } from '../local-config/config-problem.ts';
import { ConfigDocument } from '../local-config/document/config-document.ts';
import { membersOf } from '../local-config/document/config-node.ts';
import { hasEffect } from '../local-config/entry/known-members.ts';
import { type LocalServer, readServer } from '../local-config/entry/server-entry.ts';
import type { VariableScope } from '../local-config/entry/variables.ts';
import { takeToolLists } from '../local-config/shapes/tool-lists.ts';
import { hasMask } from '../masking/secret-mask.ts';

/**
 * Reason why a server of the registry cannot be used as a connector. The message names places and variables, but never
 * the values of variables.
 */
export interface RegistryProblem {
  readonly code: ErrorCode;
  /** Name of the server; null for an invalid entry of the file. */
  readonly server: string | null;
  /** Place in the registry, such as `servers["x"].endpoint`, or `servers[3]` for an invalid entry of the file. */
  readonly place: string;
  readonly message: string;
}

/** A registered server in the form of a server from a configuration file, or the reasons why it cannot be converted. */
export type RegisteredServer =
  | { readonly kind: 'server'; readonly server: LocalServer }
  | { readonly kind: 'refused'; readonly problems: readonly RegistryProblem[] };

const BASE = 'servers';

/**
 * Converts a server of the registry to a connector. The transport `http` tries Streamable HTTP and then SSE,
 * `streamableHttp` and `sse` try only that transport, `stdio` starts a stdio server, and `ws` is rejected. Variables
 * are looked up in `scope`. Does not read an `envFile`.
 */
export function readRegistered(info: ServerInfo, scope: VariableScope): RegisteredServer {
  const place = keyPlace(BASE, info.name);
  const refuse = (code: ErrorCode, message: string): RegisteredServer => ({
    kind: 'refused',
    problems: [{ code, server: info.name, place, message: `${place} ${message}` }],
  });
  const { transport, command, endpoint } = info;
  if (transport === 'ws')
    return refuse(
      'SERVER_TRANSPORT_UNSUPPORTED',
      'uses the transport ws, which is not part of MCP and not supported here.',
    );
  const needed = transport === 'stdio' ? 'command' : 'endpoint';
  if (info[needed] === undefined) return refuse('SERVER_INVALID', `has the transport ${transport} but no ${needed}.`);
  if (hasMask(info)) return refuse('SECRET_MASKED', 'contains ***masked***, the placeholder for a masked secret.');
  const known = Object.fromEntries(Object.entries(info).filter(([name]) => hasEffect(name)));
  const reached = transport === 'stdio' ? { command } : { url: endpoint };
  const document = new ConfigDocument(JSON.stringify({ [info.name]: { ...known, ...reached, type: transport } }), BASE);
  const problems = new ConfigProblems(document);
  const [member] = membersOf(document.root);
  const server = member === undefined ? null : readServer({ ...member, place }, problems, scope, takeToolLists);
  if (server !== null) return { kind: 'server', server };
  // In messages, replaces the member name `url` by `endpoint`, the name that the registry uses.
  const inOwnWords = (text: string): string => text.replace(`${place}.url`, `${place}.endpoint`);
  return {
    kind: 'refused',
    problems: problems.list.map(({ place: at, message }) => ({
      code: 'SERVER_INVALID',
      server: info.name,
      place: inOwnWords(at),
      message: inOwnWords(message),
    })),
  };
}
