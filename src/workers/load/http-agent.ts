import type { Agent, fetch as undiciFetch } from 'undici';
import { lateModule } from '../../shared/late-module.ts';
import type { FetchMap } from '../../shared/load/acquire.ts';
import { agentSettings, type NetworkSettings } from '../../shared/net/network.ts';

interface Undici {
  readonly fetch: typeof undiciFetch;
  readonly Agent: new (options: Agent.Options) => Agent;
}

// By the files of undici, as main does it (http/load-undici.ts). Its index alone gives agents the methods that a
// proxy's agent uses.
const loadDirect = lateModule<Undici>('undici', async () => {
  const [agent, web] = await Promise.all([
    import('undici/lib/dispatcher/agent.js' as string),
    import('undici/lib/web/fetch/index.js' as string),
  ]);
  return { Agent: agent.default, fetch: web.default.fetch };
});
const loadProxied = lateModule<Undici>('undici', async () => {
  const found = await import('undici');
  // What a bundler made of it has only `default`.
  const { EnvHttpProxyAgent, fetch } = found.default ?? found;
  return { Agent: EnvHttpProxyAgent as unknown as Undici['Agent'], fetch };
});

/** This thread's Agents by the id of their settings: a refresh finds the last one's connection still open. */
const agents = new Map<string, Agent>();

/**
 * undici's fetch over this thread's own Agent for these settings; main's dispatcher does not reach into workers. It is
 * loaded with the first request: it takes up to 90 ms of a thread's boot, which a first load whose bytes came from main
 * need not wait for.
 */
export function workerFetch(network: NetworkSettings): FetchMap {
  return async (url, init) => {
    const undici = await (network.proxy === null ? loadDirect() : loadProxied());
    return undici.fetch(url, { ...init, dispatcher: agentFor(network, undici) });
  };
}

/** Loads undici, unless that was done. A failure is told to the first request. */
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
