import { randomUUID } from 'node:crypto';
import { answeredMethods, type ConnectorRequest, HOST_METHODS, type HostSide } from '../../mcp/host-side.ts';
import { type JsonObject, RPC_METHOD_NOT_FOUND, RpcError } from '../../mcp/json-rpc.ts';
import { shows } from '../catalog/route.ts';
import { assertMode, SHARED_CAPABILITIES } from '../messages/capabilities.ts';
import { namedQuestion } from '../messages/named-questions.ts';
import type { CallsUnderWay } from './forwarding/calls-under-way.ts';
import type { ClientSession } from './notices/client-session.ts';

/** The clients that a question can go to that names no request. */
interface Askable {
  readonly calls: CallsUnderWay;
  readonly sessions: () => readonly ClientSession[];
  /** The capabilities of the only client that there will ever be; null while it, or that, is not known. */
  readonly onlyClient?: () => JsonObject | null;
}

/** The host side of a gateway's manager: what connectors ask is answered by clients. */
export interface GatewayHost extends HostSide {
  readonly instanceId: string;
  /** Sends questions that name no request to one of these clients. @internal */
  askAmong(askable: Askable): void;
}

/**
 * Creates the host side. Its `capabilities` are what a connection claims that clients share, at the moment of its
 * handshake: of a gateway with a single client those of that client, as soon as they are known; else {@link
 * SHARED_CAPABILITIES}, and roots while a client is there that has them.  A question that came with a request goes
 * to the client of that request, and never here. One that names no request, as over stdio or a standing stream,
 * goes to the client whose requests are the only ones at that connector. If there are none, it goes to the only
 * client that can answer it. Otherwise it is refused: what one client says must not reach another's work.
 *
 * `instanceId` is the id that its client was told already.
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
      if (call === 'several') return refuse('It does not say which of several clients is asked');
      if (call === 'none') return askOnly(among?.sessions() ?? [], request);
      const { host } = call;
      const isAble = (answeredMethods(host) as readonly string[]).includes(request.method);
      return isAble ? host.answer(request) : unclaimed(request.method, 'The client does not answer this');
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
  if (only === undefined) return unclaimed(method, 'No client answers this');
  if (able.length > 1) return refuse('It does not say which of several clients is asked');
  assertMode(method, params, only.capabilities);
  return only.ask(method, namedQuestion(connectorId, method, params), signal);
}

/** Answers a question that was not claimed: a server that asks for roots all the same goes on without any. */
function unclaimed(method: string, why: string): JsonObject {
  return method === 'roots/list' ? { roots: [] } : refuse(why);
}

function refuse(why: string): never {
  throw new RpcError(RPC_METHOD_NOT_FOUND, why);
}
