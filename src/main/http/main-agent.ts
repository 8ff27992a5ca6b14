import type { LookupFunction } from 'node:net';
import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici';
import { agentSettings, type NetworkSettings } from '../../shared/net/network.ts';

/** How long an idle connection is kept: a refresh and the next call should find it open. */
const KEEP_ALIVE_MS = 60_000;

/**
 * The Agent of a manager on main: for all its connectors, and for the maps that main fetches. No time limits of its own: streams of
 * connectors stay open, and every exchange has a deadline already. `lookup` resolves the names that no proxy does. Throws what node:tls throws on a
 * certificate it cannot read.
 */
export function createMainAgent(network: NetworkSettings, lookup?: LookupFunction): Dispatcher {
  const settings = agentSettings(network);
  const connect = { ...settings.connect, ...(lookup !== undefined && { lookup }) };
  const options = { ...settings, connect, bodyTimeout: 0, headersTimeout: 0, keepAliveTimeout: KEEP_ALIVE_MS };
  return network.proxy === null ? new Agent(options) : new EnvHttpProxyAgent(options);
}
