import type { FetchMap } from '../../shared/load/acquire.ts';
import { agentSettings, type NetworkSettings } from '../../shared/net/network.ts';

/**
 * What is expensive to load: 60 to 90 ms of a thread's boot, which a first load whose bytes came from main need not
 * wait for.
 */
type Undici = typeof import('undici');

let loaded: Promise<Undici> | null = null;

/** This thread's Agents by the id of their settings: a refresh finds the last one's connection still open. */
const agents = new Map<string, InstanceType<Undici['Agent'] | Undici['EnvHttpProxyAgent']>>();

/** undici's fetch over this thread's own Agent for these settings; main's dispatcher does not reach into workers. */
export function workerFetch(network: NetworkSettings): FetchMap {
  return async (url, init) => {
    const undici = await loadHttp();
    return undici.fetch(url, { ...init, dispatcher: agentFor(network, undici) });
  };
}

/** Loads undici, unless that was done. */
export function loadHttp(): Promise<Undici> {
  loaded ??= import('undici');
  return loaded;
}

function agentFor(network: NetworkSettings, { Agent, EnvHttpProxyAgent }: Undici): InstanceType<Undici['Agent']> {
  const known = agents.get(network.id);
  if (known !== undefined) return known as InstanceType<Undici['Agent']>;
  const options = { ...agentSettings(network), keepAliveTimeout: 60_000, connections: 4 };
  const agent = network.proxy === null ? new Agent(options) : new EnvHttpProxyAgent(options);
  agents.set(network.id, agent);
  return agent as InstanceType<Undici['Agent']>;
}
