import { startTimer } from '../../../shared/clock.ts';
import { SwitchyardError } from '../../../shared/errors.ts';
import type { EraPolicy } from '../../../shared/map/service-map.ts';
import { CLIENT_INFO, type HostSide, INSTANCE_KEY } from '../../mcp/host-side.ts';
import {
  ACCEPTED_LEGACY_REVISIONS,
  isObject,
  type JsonObject,
  LEGACY_REVISIONS,
  MODERN_REVISION,
  RPC_UNSUPPORTED_VERSION,
  RpcError,
} from '../../mcp/json-rpc.ts';
import type { ConnectionFacts } from '../connection/connection.ts';
import type { EraMemory } from '../connection/era-memory.ts';
import { UnusableAnswer } from '../connection/failure.ts';
import { StatusError } from '../connection/http-refusal.ts';
import { isBrokenConnection } from '../connection/network-failure.ts';
import type { MessageChannel } from './message-channel.ts';

/** What a handshake agreed on. */
export interface Handshake {
  readonly facts: ConnectionFacts;
  /** Which server of its kind it is, if it says so. */
  readonly instanceId: unknown;
}

/** How a transport wants its handshake. */
export interface HandshakeOptions {
  /** The address that `eras` knows the server by. */
  readonly endpoint: string;
  readonly eras: EraMemory;
  readonly transport: ConnectionFacts['transport'];
  /**
   * After how many milliseconds without an answer to the probe `initialize` is sent beside it: some legacy servers ignore
   * what they do not know. Left out where a transport waits for the answer.
   */
  readonly silenceMs?: number;
}

/**
 * Agrees on an era with the server. `auto` tries the modern one first, unless `eras` knows better, then the legacy
 * handshake, except where credentials were refused or the network failed (MCP 2026-07-28, versioning). Rejects as the
 * channel's requests do.
 */
export async function shakeHands(
  channel: MessageChannel,
  era: EraPolicy,
  capabilities: JsonObject,
  options: HandshakeOptions,
): Promise<Handshake> {
  const { endpoint, eras, transport } = options;
  const legacy = (): Promise<Handshake> => initialize(channel, capabilities, transport);
  if (era === 'legacy') return legacy();
  if (era === 'modern') return discover(channel, transport);
  if (eras.isLegacy(endpoint)) {
    try {
      return await legacy();
    } catch (error) {
      eras.forget(endpoint);
      if (!tellsOfEra(error)) throw error;
    }
  }
  const agreed = await firstAcceptable(() => discover(channel, transport), legacy, options.silenceMs ?? null);
  if (agreed.facts.era === 'legacy') eras.noteLegacy(endpoint);
  // The two may have been under way at once.
  channel.speak(agreed.facts.era === 'modern' ? 'modern' : 'legacy', agreed.facts.protocolVersion);
  return agreed;
}

/**
 * Resolves with the first handshake that the server accepts. The legacy one starts when the probe fails in a way that
 * tells of an era, or after `silenceMs` beside it. Rejects when no handshake is left that could still succeed.
 */
function firstAcceptable(
  probe: () => Promise<Handshake>,
  legacy: () => Promise<Handshake>,
  silenceMs: number | null,
): Promise<Handshake> {
  const { promise, resolve, reject } = Promise.withResolvers<Handshake>();
  let initializing: Promise<void> | null = null;
  const startLegacy = (): Promise<void> => {
    timer?.cancel();
    initializing ??= legacy().then(resolve);
    return initializing;
  };
  const timer =
    silenceMs === null ? null : startTimer(silenceMs, () => void startLegacy().catch(() => {}), { keepAlive: true });
  probe().then(
    (agreed) => {
      timer?.cancel();
      resolve(agreed);
    },
    (error: unknown) => {
      timer?.cancel();
      if (tellsOfEra(error)) startLegacy().catch(reject);
      else reject(error);
    },
  );
  return promise;
}

/** Whether a failed probe says that the server is there and not modern. */
function tellsOfEra(error: unknown): boolean {
  if (error instanceof StatusError) {
    const { status } = error.refusal;
    return (status < 300 || status >= 400) && status !== 401 && status !== 403;
  }
  return error instanceof RpcError || error instanceof UnusableAnswer;
}

async function discover(channel: MessageChannel, transport: ConnectionFacts['transport']): Promise<Handshake> {
  channel.speak('modern', MODERN_REVISION);
  const ask = (): Promise<JsonObject> => channel.request('server/discover', {}, { signal: null });
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
  const facts = { era: 'modern', protocolVersion: MODERN_REVISION, transport } as const;
  return handshakeOf(facts, result, info ?? result.serverInfo);
}

function supports(data: unknown, member: string): boolean {
  const versions = isObject(data) ? data[member] : undefined;
  return Array.isArray(versions) && versions.includes(MODERN_REVISION);
}

/** MCP 2025-11-25, lifecycle. */
async function initialize(
  channel: MessageChannel,
  capabilities: JsonObject,
  transport: ConnectionFacts['transport'],
): Promise<Handshake> {
  channel.speak('legacy', null);
  const params = { protocolVersion: LEGACY_REVISIONS[0], capabilities, clientInfo: CLIENT_INFO };
  const result = await channel.request('initialize', params, { signal: null });
  const { protocolVersion } = result;
  if (typeof protocolVersion !== 'string' || !ACCEPTED_LEGACY_REVISIONS.includes(protocolVersion)) {
    throw new UnusableAnswer('it wants a revision of MCP that is not supported here');
  }
  channel.speak('legacy', protocolVersion);
  await channel.notify('notifications/initialized', {});
  return handshakeOf({ era: 'legacy', protocolVersion, transport }, result, result.serverInfo);
}

function handshakeOf(
  facts: Pick<ConnectionFacts, 'era' | 'protocolVersion' | 'transport'>,
  result: JsonObject,
  info: unknown,
): Handshake {
  const { [INSTANCE_KEY]: instanceId } = isObject(result._meta) ? result._meta : {};
  const serverName = isObject(info) && typeof info.name === 'string' ? info.name : null;
  const capabilities = Object.entries(isObject(result.capabilities) ? result.capabilities : {});
  return {
    instanceId,
    facts: {
      ...facts,
      serverName,
      // A member that is null is one that is not there.
      capabilities: Object.fromEntries(capabilities.filter(([, capability]) => capability !== null)),
    },
  };
}

/** Throws CONNECTOR_LOOP for a gateway that connects to itself: its own tools would be among its tools, without end. */
export function assertNotSelf({ instanceId }: HostSide, handshake: Handshake, connectorId: string): void {
  if (instanceId !== undefined && handshake.instanceId === instanceId)
    throw new SwitchyardError('CONNECTOR_LOOP', `Connector ${connectorId} is the gateway itself.`);
}
