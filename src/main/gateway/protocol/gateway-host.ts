import { randomUUID } from 'node:crypto';
import { answeredMethods, type ConnectorRequest, HOST_METHODS, type HostSide } from '../../mcp/host-side.ts';
import { type JsonObject, RPC_METHOD_NOT_FOUND, RpcError } from '../../mcp/json-rpc.ts';
import { shows } from '../catalog/route.ts';
import { assertMode, SHARED_CAPABILITIES } from '../messages/capabilities.ts';
import { namedQuestion } from '../messages/named-questions.ts';
import type { CallsUnderWay } from './forwarding/calls-under-way.ts';
import type { ClientSession } from './notices/client-session.ts';

/** Clients that can receive a server request which belongs to no client request. */
interface Askable {
  readonly calls: CallsUnderWay;
  readonly sessions: () => readonly ClientSession[];
  /**
   * Capabilities of the only client that the gateway will ever have. Null while they are unknown, or with several
   * clients.
   */
  readonly onlyClient?: () => JsonObject | null;
}

/** Host side of a gateway's manager. Clients answer the server requests of connectors. */
export interface GatewayHost extends HostSide {
  /** Id by which the gateway detects itself among its connectors. */
  readonly instanceId: string;
  /** Sets the clients for server requests that belong to no client request. @internal */
  askAmong(askable: Askable): void;
}

/**
 * Creates the host side. `capabilities` are what the gateway declares in the handshake with a connector, for all
 * clients. If the gateway can only have one client, they are the capabilities of that client, as soon as these are
 * known. Otherwise they are sampling, elicitation and MCP Apps, and also roots while a connected client supports roots.
 *
 * `answer` handles only server requests that do not say which client call they belong to, as over stdio or a standing
 * stream. All other server requests go directly to the client of the call. `answer` chooses the only client with calls
 * in flight at that connector. If there are no calls, it chooses the only session that can answer. Otherwise it rejects
 * the request, so that one client never answers for another.
 *
 * `instanceId` is the id that clients have already received. Defaults to a new id.
 */
export function createGatewayHost(instanceId: string = randomUUID()): GatewayHost {
  let among: Askable | null = null;
  return {
    instanceId,
    get capabilities() {
      const only = among?.onlyClient?.() ?? null;
      if (only !== null) return only;
      const hasRoots = among?.sessions().some(({ capabilities }) => Object.hasOwn(capabilities, 'roots')) === true;
      return hasRoots ? { ...SHARED_CAPABILITIES, roots: {} } : SHARED_CAPABILITIES;
    },
    askAmong(askable) {
      among = askable;
    },
    async answer(request: ConnectorRequest): Promise<JsonObject> {
      const call = among?.calls.only(request.connectorId) ?? 'none';
      if (call === 'several') return refuse('The request does not say which of several clients it is for');
      if (call === 'none') return askOnly(among?.sessions() ?? [], request);
      const { host } = call;
      const isAble = (answeredMethods(host) as readonly string[]).includes(request.method);
      return isAble ? host.answer(request) : unclaimed(request.method, 'The client does not support this method');
    },
  };
}

function askOnly(
  sessions: readonly ClientSession[],
  { connectorId, method, params, signal }: ConnectorRequest,
): Promise<JsonObject> | JsonObject {
  const capability = HOST_METHODS.find(([known]) => known === method)?.[1];
  const able = sessions.filter(({ capabilities, view: { route } }) => {
    const isOnRoute = shows(route, connectorId);
    return isOnRoute && capability !== undefined && Object.hasOwn(capabilities, capability);
  });
  const [only] = able;
  if (only === undefined) return unclaimed(method, 'No connected client supports this method');
  if (able.length > 1) return refuse('The request does not say which of several clients it is for');
  assertMode(method, params, only.capabilities);
  return only.ask(method, namedQuestion(connectorId, method, params), signal);
}

/** Answers a server request that cannot be sent to any client. A server that requests roots gets an empty list. */
function unclaimed(method: string, why: string): JsonObject {
  return method === 'roots/list' ? { roots: [] } : refuse(why);
}

function refuse(why: string): never {
  throw new RpcError(RPC_METHOD_NOT_FOUND, why);
}
