import type { Agent, fetch as undiciFetch } from 'undici';
import { lateModule } from '../../shared/late-module.ts';
import type { NetworkSettings } from '../../shared/net/network.ts';

type AgentClass = new (options: Agent.Options) => Agent;

// Loads only the needed files of undici, because undici's index also loads mocks, caches, retries and WebSockets, which
// is much slower. The casts to `string` keep TypeScript from looking for the types of these files. Bundlers still find
// the file names.

const loadAgent = lateModule<AgentClass>('undici', async () => {
  const { default: found } = await import('undici/lib/dispatcher/agent.js' as string);
  return found;
});

/** Loads all of undici, for code that needs more than an agent and fetch. Rejects with MODULE_NOT_LOADED. */
export const loadUndici: () => Promise<typeof import('undici')> = lateModule('undici', async () => {
  const found = await import('undici');
  // A bundled module has only `default`.
  return found.default ?? found;
});

// The agent for a proxy uses methods that only undici's index adds to agents.
const loadProxyAgent = async (): Promise<AgentClass> => (await loadUndici()).EnvHttpProxyAgent as unknown as AgentClass;

/** Loads undici's Agent, or its EnvHttpProxyAgent if there is a proxy. Rejects with MODULE_NOT_LOADED. */
export function loadUndiciAgent({ proxy }: Pick<NetworkSettings, 'proxy'>): Promise<AgentClass> {
  return proxy === null ? loadAgent() : loadProxyAgent();
}

/** Loads undici's fetch, for any of its agents. Rejects with MODULE_NOT_LOADED. */
export const loadUndiciFetch: () => Promise<typeof undiciFetch> = lateModule('undici', async () => {
  const { default: found } = await import('undici/lib/web/fetch/index.js' as string);
  return found.fetch;
});
