import { randomUUID } from 'node:crypto';
import { answeredMethods, type ConnectorRequest, HOST_METHODS, type HostSide } from '../../mcp/host-side.ts';
import { type JsonObject, RPC_METHOD_NOT_FOUND, RpcError } from '../../mcp/json-rpc.ts';
import { shows } from '../catalog/route.ts';
import { HOST_CAPABILITIES } from '../messages/capabilities.ts';
import type { CallsUnderWay } from './forwarding/calls-under-way.ts';
import type { ClientSession } from './notices/client-session.ts';

/** Whom a question can go to that names no request. */
interface Askable {
  readonly calls: CallsUnderWay;
  readonly sessions: () => readonly ClientSession[];
}

/** The host side of a gateway's manager: what connectors ask is answered by clients. */
export interface GatewayHost extends HostSide {
  /** Has questions that name no request go to one of these. */
  askAmong(askable: Askable): void;
}

/**
 * A question that came with a request goes to the client of that request, and never here. One that names none, as over stdio or a standing stream, goes to the client whose requests are
 * the only ones at that connector; where there are none, to the only client there is. Where nobody can tell whom it is about it is refused: what one client says must not reach
 * another's work.
 */
export function createGatewayHost(): GatewayHost {
  let among: Askable | null = null;
  return {
    instanceId: randomUUID(),
    capabilities: HOST_CAPABILITIES,
    askAmong(askable) {
      among = askable;
    },
    answer(request: ConnectorRequest): Promise<JsonObject> {
      const call = among?.calls.only(request.connectorId) ?? 'none';
      if (call === 'several') return refused('It does not say which of several clients is asked');
      if (call === 'none') return askOnly(among?.sessions() ?? [], request);
      const { host } = call;
      const isAble = (answeredMethods(host) as readonly string[]).includes(request.method);
      return isAble ? host.answer(request) : refused('The client does not answer this');
    },
  };
}

function askOnly(
  sessions: readonly ClientSession[],
  { connectorId, method, params, signal }: ConnectorRequest,
): Promise<JsonObject> {
  const capability = HOST_METHODS.find(([known]) => known === method)?.[1];
  const able = sessions.filter(({ capabilities, view: { route } }) => {
    const isOnRoute = shows(route, connectorId);
    return isOnRoute && capability !== undefined && Object.hasOwn(capabilities, capability);
  });
  const [only] = able;
  if (able.length === 1 && only !== undefined) return only.ask(method, params, signal);
  return refused(able.length === 0 ? 'No client answers this' : 'It does not say which of several clients is asked');
}

function refused(why: string): Promise<never> {
  return Promise.reject(new RpcError(RPC_METHOD_NOT_FOUND, why));
}
