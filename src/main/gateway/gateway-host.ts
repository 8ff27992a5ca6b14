import type { ConnectorRequest, HostSide } from '../connectors/host-side.ts';
import { type JsonObject, RPC_METHOD_NOT_FOUND, RpcError } from '../connectors/streamable-http/json-rpc.ts';
import { HOST_CAPABILITIES } from './protocol/capabilities.ts';
import type { ClientSession } from './protocol/client-session.ts';

/** The host side of a gateway's manager: what connectors ask is answered by clients. */
export interface GatewayHost extends HostSide {
  /** Has questions that belong to no request go to one of these. */
  askAmong(sessions: () => readonly ClientSession[]): void;
}

/** What a client must have declared to be asked so. */
const CAPABILITY: Readonly<Record<string, string>> = {
  'sampling/createMessage': 'sampling',
  'elicitation/create': 'elicitation',
  'roots/list': 'roots',
};

/**
 * A question that belongs to a request goes to the client of that request. One that belongs to none, as over stdio or a standing stream, goes to the only client there is; among several
 * nobody can tell whom it is about, and what one client says must not reach another's work, so it is refused.
 */
export function createGatewayHost(): GatewayHost {
  let among: () => readonly ClientSession[] = () => [];
  return {
    capabilities: HOST_CAPABILITIES,
    askAmong(sessions) {
      among = sessions;
    },
    answer({ connectorId, method, params, signal }: ConnectorRequest): Promise<JsonObject> {
      const able = among().filter(({ capabilities, view }) => {
        const isOnRoute = view.route.connectorId === null || view.route.connectorId === connectorId;
        return isOnRoute && Object.hasOwn(capabilities, CAPABILITY[method] ?? '');
      });
      const [only] = able;
      if (able.length === 1 && only !== undefined) return only.ask(method, params, signal);
      const why = able.length === 0 ? 'No client answers this' : 'It does not say which of several clients is asked';
      return Promise.reject(new RpcError(RPC_METHOD_NOT_FOUND, why));
    },
  };
}
