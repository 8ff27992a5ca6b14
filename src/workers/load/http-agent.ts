import type { Agent, fetch as undiciFetch } from 'undici';
import { lateModule } from '../../shared/late-module.ts';
import type { FetchMap } from '../../shared/load/acquire.ts';
import { agentSettings, type NetworkSettings } from '../../shared/net/network.ts';

interface Undici {
  readonly fetch: typeof undiciFetch;
  readonly Agent: new (options: Agent.Options) => Agent;
}

// Imports single files of undici, as the main thread does (http/load-undici.ts). An agent for a proxy needs methods
// that only undici's index adds to agents.
const loadDirect = lateModule<Undici>('undici', async () => {
  const [agent, web] = await Promise.all([
    import('undici/lib/dispatcher/agent.js' as string),
    import('undici/lib/web/fetch/index.js' as string),
  ]);
  return { Agent: agent.default, fetch: web.default.fetch };
});
const loadProxied = lateModule<Undici>('undici', async () => {
  const found = await import('undici');
  // A bundled undici may have only a default export.
  const { EnvHttpProxyAgent, fetch } = found.default ?? found;
  return { Agent: EnvHttpProxyAgent as unknown as Undici['Agent'], fetch };
});

/**
 * Agents of this thread by the id of their settings, so that a refresh reuses the open connection of the previous
 * refresh.
 */
const agents = new Map<string, Agent>();

/**
 * Returns undici's fetch with this thread's Agent for these settings: the main thread's dispatcher does not apply to
 * workers. The first request imports undici, which is slow. A first load with bytes from the main thread does not need
 * undici.
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
