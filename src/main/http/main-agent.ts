import type { LookupFunction } from 'node:net';
import type { Dispatcher } from 'undici';
import { agentSettings, type NetworkSettings } from '../../shared/net/network.ts';
import { asDispatcher, LateAgent } from './late-agent.ts';
import { loadUndiciAgent } from './load-undici.ts';

/** How long an idle connection is kept: a refresh and the next call should find it open. */
const KEEP_ALIVE_MS = 60_000;

/** An agent that loads undici with the first request, or when it is told to warm up. */
export type MainAgent = Dispatcher & Pick<LateAgent, 'warm'>;

/** A {@link MainAgent} whose loading can be waited for. */
export type AwaitableAgent = MainAgent & Pick<LateAgent, 'whole'>;

/**
 * The Agent of a manager on main: for all its connectors, and for the maps that main fetches. No time limits of its own: streams of
 * connectors stay open, and every exchange has a deadline already. `lookup` resolves the names that no proxy does. Throws what node:tls throws on a
 * certificate it cannot read. Of undici's methods it has `dispatch` and `destroy`.
 */
export function createMainAgent(network: NetworkSettings, lookup?: LookupFunction): AwaitableAgent {
  const settings = agentSettings(network);
  const connect = { ...settings.connect, ...(lookup !== undefined && { lookup }) };
  const options = { ...settings, connect, bodyTimeout: 0, headersTimeout: 0, keepAliveTimeout: KEEP_ALIVE_MS };
  return asDispatcher(
    new LateAgent(async () => {
      const Agent = await loadUndiciAgent(network);
      return new Agent(options);
    }),
  );
}
