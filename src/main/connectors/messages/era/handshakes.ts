import { CLIENT_INFO, INSTANCE_KEY } from '../../../mcp/host-side.ts';
import {
  ACCEPTED_LEGACY_REVISIONS,
  isObject,
  type JsonObject,
  LEGACY_REVISIONS,
  MODERN_REVISION,
} from '../../../mcp/json-rpc.ts';
import type { ConnectionFacts } from '../../connection/connection.ts';
import { UnusableAnswer } from '../../connection/failure.ts';
import { isBrokenConnection } from '../../connection/network-failure.ts';
import type { MessageChannel } from '../message-channel.ts';
import { saysModern } from './probe-verdict.ts';

/** The result of a handshake. */
export interface Handshake {
  readonly facts: ConnectionFacts;
  /** The instance id of the server; undefined if the server sends none. */
  readonly instanceId: unknown;
  /** The pending response to `notifications/initialized`; null if the handshake already waited for that response. */
  readonly confirmed: Promise<void> | null;
}

/** A legacy handshake that is not confirmed yet, although the server has accepted `initialize`. */
export interface LegacyOffer {
  /**
   * Sends `notifications/initialized`. Resolves once the server accepts it, or immediately if the tools are listed
   * right after it. Rejects if the server refuses it.
   */
  readonly confirm: () => Promise<Handshake>;
}

/**
 * Probes for the modern protocol (MCP 2026-07-28, discovery). Sends the probe once more if the server refuses it but
 * says that it is modern, or if the connection broke. Rejects as the channel's requests do, or with an UnusableAnswer.
 */
export async function discover(channel: MessageChannel, transport: ConnectionFacts['transport']): Promise<Handshake> {
  const ask = (): Promise<JsonObject> => {
    channel.speak('modern', MODERN_REVISION);
    return channel.request('server/discover', {}, { signal: null });
  };
  const result = await ask().catch((error: unknown) => {
    // Some servers refuse the first request on purpose, to find out whether the client reads the revisions that they
    // support. After a broken connection, the request may be repeated too: the server may just have closed a kept-alive
    // connection.
    if (saysModern('server/discover', error) || isBrokenConnection(error)) return ask();
    throw error;
  });
  const { supportedVersions } = result;
  if (!Array.isArray(supportedVersions) || !supportedVersions.includes(MODERN_REVISION))
    throw new UnusableAnswer(`it does not offer the revision ${MODERN_REVISION}`);
  const info = isObject(result._meta) ? result._meta['io.modelcontextprotocol/serverInfo'] : undefined;
  const facts = { era: 'modern', protocolVersion: MODERN_REVISION, transport } as const;
  return handshakeOf(facts, result, info ?? result.serverInfo);
}

/**
 * Sends `initialize` (MCP 2025-11-25, lifecycle). With `listsAtOnce`, `confirm` does not wait for the response to
 * `notifications/initialized` if the server has tools. Rejects as the channel's requests do, or with an UnusableAnswer
 * if the server requires a revision that is not supported here.
 */
export async function initialize(
  channel: MessageChannel,
  capabilities: JsonObject,
  transport: ConnectionFacts['transport'],
  listsAtOnce = false,
): Promise<LegacyOffer> {
  channel.speak('legacy', null);
  const params = { protocolVersion: LEGACY_REVISIONS[0], capabilities, clientInfo: CLIENT_INFO };
  const result = await channel.request('initialize', params, { signal: null });
  const { protocolVersion } = result;
  if (typeof protocolVersion !== 'string' || !ACCEPTED_LEGACY_REVISIONS.includes(protocolVersion)) {
    throw new UnusableAnswer('it requires an MCP revision that is not supported here');
  }
  const handshake = handshakeOf({ era: 'legacy', protocolVersion, transport }, result, result.serverInfo);
  return {
    confirm: async () => {
      channel.speak('legacy', protocolVersion);
      const confirmed = channel.notify('notifications/initialized', {});
      if (!listsAtOnce || !isObject(handshake.facts.capabilities.tools)) {
        await confirmed;
        return handshake;
      }
      // The request for the tool list reports this failure, unless that request itself fails first.
      confirmed.catch(() => {});
      return { ...handshake, confirmed };
    },
  };
}

function handshakeOf(
  facts: Pick<ConnectionFacts, 'era' | 'protocolVersion' | 'transport'>,
  result: JsonObject,
  info: unknown,
): Handshake {
  const { [INSTANCE_KEY]: instanceId } = isObject(result._meta) ? result._meta : {};
  const serverName = isObject(info) && typeof info.name === 'string' ? info.name : null;
  return {
    instanceId,
    confirmed: null,
    facts: { ...facts, serverName, capabilities: capabilitiesOf(result.capabilities) },
  };
}

/**
 * Returns the capabilities that a server declares. A capability that is null or false counts as absent. Some servers
 * declare a capability with `true` or `[]`.
 */
function capabilitiesOf(declared: unknown): JsonObject {
  const members = Object.entries(isObject(declared) ? declared : {});
  return Object.fromEntries(
    members
      .filter(([, capability]) => capability !== null && capability !== false)
      .map(([name, capability]) => [name, isObject(capability) ? capability : {}]),
  );
}
