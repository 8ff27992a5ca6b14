import type { Agent, fetch as undiciFetch } from 'undici';
import { lateModule } from '../../shared/late-module.ts';
import type { FetchMap } from '../../shared/load/acquire.ts';
import { agentSettings, type NetworkSettings } from '../../shared/net/network.ts';

interface Undici {
  readonly fetch: typeof undiciFetch;
  readonly Agent: new (options: Agent.Options) => Agent;
}

// Imports single files of undici, as the main thread does (http/load-undici.ts). With a proxy, the whole package is
// needed, because its index adds methods to agents.
const loadDirect = lateModule<Undici>('undici', async () => {
  const [agent, web] = await Promise.all([
    import('undici/lib/dispatcher/agent.js' as string),
    import('undici/lib/web/fetch/index.js' as string),
  ]);
  return { Agent: agent.default, fetch: web.default.fetch };
});
const loadProxied = lateModule<Undici>('undici', async () => {
  const found = await import('undici');
  // In a bundle, undici may only have a default export.
  const { EnvHttpProxyAgent, fetch } = found.default ?? found;
  return { Agent: EnvHttpProxyAgent as unknown as Undici['Agent'], fetch };
});

/**
 * Agents of this thread, by the id of their settings. They allow a refresh to reuse the open connection of the previous
 * refresh.
 */
const agents = new Map<string, Agent>();

/**
 * Returns undici's fetch with an Agent of this thread for these settings, because a worker cannot use the dispatcher of
 * the main thread. The first request imports undici, which is slow. No import is needed for a first load whose bytes
 * come from the main thread.
 */
export function workerFetch(network: NetworkSettings): FetchMap {
  return async (url, init) => {
    const undici = await (network.proxy === null ? loadDirect() : loadProxied());
    return undici.fetch(url, { ...init, dispatcher: agentFor(network, undici) });
  };
}

/** Imports undici, unless it is already loaded. Ignores a failure, which the first request then reports. */
export async function loadHttp(): Promise<void> {
  await loadDirect().catch(() => {});
}

function agentFor(network: NetworkSettings, { Agent }: Undici): Agent {
  const known = agents.get(network.id);
  if (known !== undefined) return known;
  const agent = new Agent({ ...agentSettings(network), keepAliveTimeout: 60_000, connections: 4 });
  agents.set(network.id, agent);
  return agent;
}
