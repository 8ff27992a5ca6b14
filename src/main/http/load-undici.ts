import type { Agent, fetch as undiciFetch } from 'undici';
import { lateModule } from '../../shared/late-module.ts';
import type { NetworkSettings } from '../../shared/net/network.ts';

type AgentClass = new (options: Agent.Options) => Agent;

// undici is loaded by its files: its index takes twice the time, for mocks, caches, retries and WebSockets. The casts
// to `string` keep TypeScript from looking for types of these files; bundlers see the names.

const loadAgent = lateModule<AgentClass>('undici', async () => {
  const { default: found } = await import('undici/lib/dispatcher/agent.js' as string);
  return found;
});

/** All of undici: for what needs more than an agent and fetch. Rejects with MODULE_NOT_LOADED. */
export const loadUndici: () => Promise<typeof import('undici')> = lateModule('undici', async () => {
  const found = await import('undici');
  // What a bundler made of it has only `default`.
  return found.default ?? found;
});

// Its index alone gives agents the methods that a proxy's agent uses.
const loadProxyAgent = async (): Promise<AgentClass> => (await loadUndici()).EnvHttpProxyAgent as unknown as AgentClass;

/** undici's Agent, or with a proxy its EnvHttpProxyAgent. Rejects with MODULE_NOT_LOADED. */
export function loadUndiciAgent({ proxy }: Pick<NetworkSettings, 'proxy'>): Promise<AgentClass> {
  return proxy === null ? loadAgent() : loadProxyAgent();
}

/** undici's fetch, for any of its agents. Rejects with MODULE_NOT_LOADED. */
export const loadUndiciFetch: () => Promise<typeof undiciFetch> = lateModule('undici', async () => {
  const { default: found } = await import('undici/lib/web/fetch/index.js' as string);
  return found.fetch;
});
