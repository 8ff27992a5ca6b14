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

/** Options of a handshake, set by the transport. */
export interface HandshakeOptions {
  /** The address by which `eras` remembers the server. */
  readonly endpoint: string;
  readonly eras: EraMemory;
  readonly transport: ConnectionFacts['transport'];
  /** The channel for `initialize`, if the legacy handshake does not use the channel of the modern handshake. */
  readonly legacyChannel?: MessageChannel;
  /**
   * Calls its callback when the server has been silent for too long. `initialize` is then sent in parallel with the
   * probe, because some legacy servers ignore unknown requests. A transport omits `whenSilent` if every request gets a
   * response.
   */
  readonly whenSilent?: WhenSilent;
  /**
   * Time limit for the response to the probe, in milliseconds from the start of the probe. It applies only if the
   * server has refused `initialize` in the way that legacy SSE servers do.
   */
  readonly patienceMs?: number;
  /** Whether the tools are listed right after the handshake, which saves a round trip with a legacy server. */
  readonly listsAtOnce?: boolean;
}

/**
 * Negotiates the protocol generation with the server. The policy `auto` first probes for the modern protocol, unless
 * `eras` remembers the server as legacy. If the server does not know the probe or does not respond, `auto` falls back
 * to the legacy protocol (MCP 2026-07-28, versioning). A legacy server is remembered only if it responded to the probe.
 * Rejects as the channels' requests do.
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
  // The modern and the legacy handshake may have run in parallel over the same channel.
  if (legacyChannel === channel) channel.speak(facts.era === 'modern' ? 'modern' : 'legacy', facts.protocolVersion);
  return handshake;
}

/**
 * Throws CONNECTOR_LOOP if a gateway connects to itself. Without this check, the gateway would list its own tools as
 * tools of a connector, endlessly nested.
 */
export function assertNotSelf({ instanceId }: HostSide, handshake: Handshake, connectorId: string): void {
  if (instanceId !== undefined && handshake.instanceId === instanceId)
    throw new SwitchyardError('CONNECTOR_LOOP', `Connector ${connectorId} is the gateway itself.`);
}
