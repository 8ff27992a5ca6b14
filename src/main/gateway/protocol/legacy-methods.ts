import { type JsonObject, LEGACY_REVISIONS } from '../../mcp/json-rpc.ts';
import { instanceMeta, SERVER_INFO } from '../messages/capabilities.ts';
import { isLogLevel } from '../messages/log-message.ts';
import { invalidParams } from '../messages/rpc-errors.ts';
import type { GatewayHost } from './gateway-host.ts';
import type { ClientSession } from './notices/client-session.ts';
import type { LogLevels } from './notices/log-levels.ts';
import type { ResourceWatches } from './notices/resource-watches.ts';
import { watchResource } from './notices/watch-resource.ts';

/**
 * Returns the revision to use with a client, given the revision that the client offers (MCP 2025-11-25, version
 * negotiation).
 */
export function agreedRevision({ protocolVersion }: JsonObject): string {
  if (typeof protocolVersion !== 'string') throw invalidParams('The protocolVersion is missing');
  return LEGACY_REVISIONS.includes(protocolVersion) ? protocolVersion : LEGACY_REVISIONS[0];
}

export function initializeResult(
  revision: string,
  capabilities: JsonObject,
  host: Pick<GatewayHost, 'instanceId'>,
): JsonObject {
  return { protocolVersion: revision, capabilities, serverInfo: SERVER_INFO, _meta: instanceMeta(host) };
}

export interface LegacyDeps {
  readonly levels: LogLevels;
  readonly watches: ResourceWatches;
}

/** Returns the result of a method that legacy clients may call without a session. Null for any other method. */
export function sessionlessMethod(method: string): JsonObject | null {
  // The level is not stored, but an error would make clients think that the server is broken.
  return method === 'ping' || method === 'logging/setLevel' ? {} : null;
}

/** Serves the methods of a legacy client that concern its session. Null for any other method. */
export async function legacyMethod(
  method: string,
  params: JsonObject,
  session: ClientSession,
  { levels, watches, signal }: LegacyDeps & { readonly signal: AbortSignal },
): Promise<JsonObject | null> {
  switch (method) {
    case 'ping':
      return {};
    case 'logging/setLevel':
      if (!isLogLevel(params.level)) throw invalidParams('The level is not a log level of MCP');
      session.logLevel = params.level;
      levels.want(session, params.level);
      if (session.sharing !== null) await session.sharing.wantsLevel(params.level);
      return {};
    case 'resources/subscribe': {
      const begin = (): Promise<void> => watchResource(session, params.uri, { watches, signal });
      if (session.sharing !== null) await session.sharing.watch(String(params.uri), begin);
      else await begin();
      return {};
    }
    case 'resources/unsubscribe':
      session.unwatch(String(params.uri));
      if (session.sharing !== null) await session.sharing.unwatched(String(params.uri));
      return {};
    default:
      return null;
  }
}
