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

/** Why a server of the registry is no connector. Names places and variables, never what they hold. */
export interface RegistryProblem {
  readonly code: ErrorCode;
  /** The server's name; null for an entry of the file that has none that is known. */
  readonly server: string | null;
  /** `servers["x"].endpoint`; `servers[3]` for an entry of the file that is none. */
  readonly place: string;
  readonly message: string;
}

/** A server as an entry of a local file, or why it cannot be one. */
export type RegisteredServer =
  | { readonly kind: 'server'; readonly server: LocalServer }
  | { readonly kind: 'refused'; readonly problems: readonly RegistryProblem[] };

const BASE = 'servers';

/**
 * What a server of the registry is as a connector: `http` tries Streamable HTTP, then SSE; `streamableHttp` and `sse`
 * are themselves, `stdio` is a program, `ws` is refused. Variables are looked up in `scope`; what `envFile` names is
 * not read.
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
      'is reached by ws, which is no transport of MCP and not spoken here.',
    );
  const needed = transport === 'stdio' ? 'command' : 'endpoint';
  if (info[needed] === undefined) return refuse('SERVER_INVALID', `has the transport ${transport} and no ${needed}.`);
  if (hasMask(info))
    return refuse('SECRET_MASKED', 'holds ***masked***, which stands for a secret that was not shown.');
  const known = Object.fromEntries(Object.entries(info).filter(([name]) => hasEffect(name)));
  const reached = transport === 'stdio' ? { command } : { url: endpoint };
  const document = new ConfigDocument(JSON.stringify({ [info.name]: { ...known, ...reached, type: transport } }), BASE);
  const problems = new ConfigProblems(document);
  const [member] = membersOf(document.root);
  const server = member === undefined ? null : readServer({ ...member, place }, problems, scope, takeToolLists);
  if (server !== null) return { kind: 'server', server };
  // The registry has another word for it.
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
