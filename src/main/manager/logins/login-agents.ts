import type { Dispatcher } from 'undici';
import type { LoginAgents } from '../../connectors/credentials/oauth/metadata-fetch.ts';
import { createNearbyAgent, createPublicAgent } from '../../http/address-guard.ts';
import type { ResolvedOptions } from '../../options/options.ts';

/**
 * The HTTP agents for login requests. Agents that connectors do not use are created with the first request, because
 * most managers send none.
 */
export class ManagerLoginAgents implements LoginAgents {
  readonly agent: Dispatcher;
  readonly allowPrivateEndpoints: boolean;
  readonly #network: ResolvedOptions['network'];
  readonly #ofConnectors: Dispatcher | null;
  #public: Dispatcher | null = null;
  #nearby: Dispatcher | null = null;

  /**
   * `publicAgent` is the agent for connectors that must have public addresses; null if connectors may have any address.
   */
  constructor(
    { network, allowPrivateEndpoints }: Pick<ResolvedOptions, 'network' | 'allowPrivateEndpoints'>,
    { agent, publicAgent }: { readonly agent: Dispatcher; readonly publicAgent: Dispatcher | null },
  ) {
    this.agent = agent;
    this.allowPrivateEndpoints = allowPrivateEndpoints;
    this.#network = network;
    this.#ofConnectors = publicAgent;
  }

  get publicAgent(): Dispatcher {
    if (this.#ofConnectors !== null) return this.#ofConnectors;
    this.#public ??= createPublicAgent(this.#network);
    return this.#public;
  }

  get nearbyAgent(): Dispatcher {
    this.#nearby ??= createNearbyAgent(this.#network);
    return this.#nearby;
  }

  /** Destroys the agents that this object created. */
  async destroy(): Promise<void> {
    await Promise.all([this.#public?.destroy(), this.#nearby?.destroy()]);
  }
}
