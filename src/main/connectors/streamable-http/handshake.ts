import type { EraPolicy } from '../../../shared/map/service-map.ts';
import { CLIENT_INFO, INSTANCE_KEY } from '../../mcp/host-side.ts';
import {
  isObject,
  type JsonObject,
  LEGACY_REVISIONS,
  MODERN_REVISION,
  RPC_UNSUPPORTED_VERSION,
  RpcError,
} from '../../mcp/json-rpc.ts';
import type { ConnectionFacts } from '../connection/connection.ts';
import type { EraMemory } from '../connection/era-memory.ts';
import { isBrokenConnection, StatusError, UnusableAnswer } from '../connection/failure.ts';
import type { StreamableHttpSession } from './session.ts';

/** What a handshake agreed on. */
export interface Handshake {
  readonly facts: ConnectionFacts;
  /** Which server of its kind it is, if it says so. */
  readonly instanceId: unknown;
}

/**
 * Agrees on an era with the server: the modern one first where `auto` leaves the choice and `memory` knows no better, then, unless credentials were refused or the network
 * failed, the legacy handshake (MCP 2026-07-28, versioning). Rejects as the session's requests do.
 */
export async function shakeHands(
  session: StreamableHttpSession,
  era: EraPolicy,
  capabilities: JsonObject,
  memory: EraMemory,
): Promise<Handshake> {
  if (era === 'legacy') return initialize(session, capabilities);
  if (era === 'modern') return discover(session);
  const endpoint = session.url.href;
  if (memory.isLegacy(endpoint)) {
    try {
      return await initialize(session, capabilities);
    } catch (error) {
      memory.forget(endpoint);
      if (!speaksOfEra(error)) throw error;
    }
  }
  try {
    return await discover(session);
  } catch (error) {
    if (!speaksOfEra(error)) throw error;
    const handshake = await initialize(session, capabilities);
    memory.noteLegacy(endpoint);
    return handshake;
  }
}

/** Whether a failed probe says that the server is there and not modern. */
function speaksOfEra(error: unknown): boolean {
  if (error instanceof StatusError) {
    const { status } = error;
    return status >= 400 && status !== 401 && status !== 403;
  }
  return error instanceof RpcError || error instanceof UnusableAnswer;
}

async function discover(session: StreamableHttpSession): Promise<Handshake> {
  session.speak('modern', MODERN_REVISION);
  const ask = (): Promise<JsonObject> => session.request('server/discover', {}, { signal: null });
  const result = await ask().catch((error: unknown) => {
    // Some refuse the first request to learn whether the client reads what they support.
    const isInvited =
      error instanceof RpcError && error.code === RPC_UNSUPPORTED_VERSION && supports(error.data, 'supported');
    // Safe to repeat: a kept connection may just have been closed by the server.
    if (isInvited || isBrokenConnection(error)) return ask();
    throw error;
  });
  if (!supports(result, 'supportedVersions'))
    throw new UnusableAnswer(`it does not offer the revision ${MODERN_REVISION}`);
  const info = isObject(result._meta) ? result._meta['io.modelcontextprotocol/serverInfo'] : undefined;
  return handshake('modern', MODERN_REVISION, result, info ?? result.serverInfo);
}

function supports(data: unknown, member: string): boolean {
  const versions = isObject(data) ? data[member] : undefined;
  return Array.isArray(versions) && versions.includes(MODERN_REVISION);
}

/** MCP 2025-11-25, lifecycle. */
async function initialize(session: StreamableHttpSession, capabilities: JsonObject): Promise<Handshake> {
  session.speak('legacy', null);
  const params = { protocolVersion: LEGACY_REVISIONS[0], capabilities, clientInfo: CLIENT_INFO };
  const result = await session.request('initialize', params, { signal: null });
  const { protocolVersion } = result;
  if (typeof protocolVersion !== 'string' || !LEGACY_REVISIONS.includes(protocolVersion)) {
    throw new UnusableAnswer('it wants a revision of MCP that is not spoken here');
  }
  session.speak('legacy', protocolVersion);
  await session.notify('notifications/initialized', {});
  return handshake('legacy', protocolVersion, result, result.serverInfo);
}

function handshake(era: 'legacy' | 'modern', protocolVersion: string, result: JsonObject, info: unknown): Handshake {
  const { [INSTANCE_KEY]: instanceId } = isObject(result._meta) ? result._meta : {};
  const serverName = isObject(info) && typeof info.name === 'string' ? info.name : null;
  return {
    instanceId,
    facts: {
      era,
      transport: 'streamable-http',
      protocolVersion,
      serverName,
      capabilities: isObject(result.capabilities) ? result.capabilities : {},
    },
  };
}
