import type { LookupFunction } from 'node:net';
import type { Dispatcher } from 'undici';
import { agentSettings, type NetworkSettings } from '../../shared/net/network.ts';
import { asDispatcher, LateAgent } from './late-agent.ts';
import { loadUndiciAgent } from './load-undici.ts';

/** How long an idle connection is kept open, so that a refresh and the next call can reuse it. */
const KEEP_ALIVE_MS = 60_000;

/** An agent that loads undici at the first request, or when `warm` is called. */
export type MainAgent = Dispatcher & Pick<LateAgent, 'warm'>;

/** A {@link MainAgent} with `whole`, which resolves once undici is loaded. */
export type AwaitableAgent = MainAgent & Pick<LateAgent, 'whole'>;

/**
 * Creates the agent of a manager on the main thread. All connectors use this agent, and so do downloads of maps on the
 * main thread. The agent has no timeouts, because connectors keep streams open and every request already has a
 * deadline. `lookup` resolves the names that no proxy resolves. Throws the error of node:tls for a certificate that
 * cannot be read. Of undici's methods, the agent supports only `dispatch` and `destroy`.
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
