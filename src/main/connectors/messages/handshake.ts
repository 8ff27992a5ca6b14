import { SwitchyardError } from '../../../shared/errors.ts';
import type { EraPolicy } from '../../../shared/map/service-map.ts';
import type { HostSide } from '../../mcp/host-side.ts';
import type { JsonObject } from '../../mcp/json-rpc.ts';
import type { ConnectionFacts } from '../connection/connection.ts';
import type { EraMemory } from '../connection/era-memory.ts';
import { type Agreement, agreeOnEra, type WhenSilent } from './era/agree-on-era.ts';
import { discover, type Handshake, initialize } from './era/handshakes.ts';
import { judgeStep } from './era/probe-verdict.ts';
import type { MessageChannel } from './message-channel.ts';

export type { Handshake } from './era/handshakes.ts';

/** How a transport wants its handshake. */
export interface HandshakeOptions {
  /** The address that `eras` knows the server by. */
  readonly endpoint: string;
  readonly eras: EraMemory;
  readonly transport: ConnectionFacts['transport'];
  /** What `initialize` is sent over, where both eras have a channel of their own. */
  readonly legacyChannel?: MessageChannel;
  /**
   * Says when the server has been silent for so long that `initialize` is sent beside the probe: some legacy servers
   * ignore what they do not know. Left out where a transport waits for the answer.
   */
  readonly whenSilent?: WhenSilent;
  /** How long, from the beginning, a silent probe is waited for where `initialize` was refused as SSE servers do. */
  readonly patienceMs?: number;
  /** Whether the tools are listed right after it, so that a legacy server is not waited for once more. */
  readonly listsAtOnce?: boolean;
}

/**
 * Agrees on an era with the server. `auto` probes for the modern one, unless `eras` knows better, and tries the legacy
 * one where the server does not know that or keeps silent (MCP 2026-07-28, versioning). Only a legacy verdict that the
 * server gave by an answer is remembered. Rejects as the channels' requests do.
 */
export async function shakeHands(
  channel: MessageChannel,
  era: EraPolicy,
  capabilities: JsonObject,
  options: HandshakeOptions,
): Promise<Handshake> {
  const { endpoint, eras, transport, legacyChannel = channel } = options;
  const offer = () => initialize(legacyChannel, capabilities, transport, options.listsAtOnce);
  if (era === 'modern') return discover(channel, transport);
  if (era === 'legacy' || eras.isLegacy(endpoint)) {
    try {
      const { confirm } = await offer();
      return await confirm();
    } catch (error) {
      if (era === 'legacy') throw error;
      eras.forget(endpoint);
      const verdict = judgeStep('initialize', error);
      if (verdict !== 'answer' && verdict !== 'modern') throw error;
    }
  }
  const { handshake, isByAnswer }: Agreement = await agreeOnEra({
    probe: () => discover(channel, transport),
    offer,
    whenSilent: options.whenSilent ?? (() => () => {}),
    patienceMs: options.patienceMs ?? null,
  });
  const { facts } = handshake;
  if (facts.era === 'legacy' && isByAnswer) eras.noteLegacy(endpoint);
  // Both may have been under way at once over the same channel.
  if (legacyChannel === channel) channel.speak(facts.era === 'modern' ? 'modern' : 'legacy', facts.protocolVersion);
  return handshake;
}

/** Throws CONNECTOR_LOOP for a gateway that connects to itself: its own tools would be among its tools, without end. */
export function assertNotSelf({ instanceId }: HostSide, handshake: Handshake, connectorId: string): void {
  if (instanceId !== undefined && handshake.instanceId === instanceId)
    throw new SwitchyardError('CONNECTOR_LOOP', `Connector ${connectorId} is the gateway itself.`);
}
