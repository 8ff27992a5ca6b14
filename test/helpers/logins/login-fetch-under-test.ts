import { Agent } from 'undici';
import type { LoginTarget } from '../../../src/main/connectors/credentials/login-target.ts';
import type { LoginRequest } from '../../../src/main/connectors/credentials/oauth/login-discovery.ts';
import { createLoginFetch, type LoginAgents } from '../../../src/main/connectors/credentials/oauth/metadata-fetch.ts';
import { type AddressRules, createNearbyAgent, createPublicAgent } from '../../../src/main/http/address-guard.ts';
import { isMetadataAddress, isPublicAddress } from '../../../src/main/http/special-addresses.ts';
import { resolveNetwork } from '../../../src/main/options/network-options.ts';
import { loginTarget } from './login-parts.ts';

/** The address for the first label of each host name. If 127.0.0.1 counts as public, `home.test` is a public server. */
const ADDRESSES: Readonly<Record<string, string>> = {
  home: '127.0.0.1',
  localhost: '127.0.0.1',
  inner: '10.0.0.1',
  metadata: '169.254.169.254',
};

export interface FetchOptions extends Partial<LoginAgents> {
  /** Whether 127.0.0.1 counts as a public address, so that `home.test` is a public server. */
  readonly isHome?: boolean;
  /** Certificate authority (PEM) that is trusted in addition to those of the system. */
  readonly ca?: string;
}

/** HTTP agents that resolve only the host names in this file. Disposing of this object destroys the agents. */
export class LoginFetchUnderTest implements AsyncDisposable {
  readonly #agents: LoginAgents;
  /** Every resolved name, oldest first. */
  readonly resolved: string[] = [];

  constructor({ isHome = false, ca, ...overrides }: FetchOptions = {}) {
    const network = resolveNetwork(ca === undefined ? undefined : { ca }, false, {});
    const rules: AddressRules = {
      isPublic: (address) => (isHome && address === '127.0.0.1') || isPublicAddress(address),
      lookup: (host, _, callback) => {
        this.resolved.push(host);
        const address = ADDRESSES[host.split('.')[0] ?? ''];
        if (address === undefined) callback(Object.assign(new Error('no such host'), { code: 'ENOTFOUND' }), []);
        else callback(null, [{ address, family: 4 }]);
      },
    };
    this.#agents = {
      agent: new Agent({ connect: { lookup: rules.lookup as never } }),
      publicAgent: createPublicAgent(network, rules),
      nearbyAgent: createNearbyAgent(network, { ...rules, isPublic: (address) => !isMetadataAddress(address) }),
      allowPrivateEndpoints: false,
      rules,
      ...overrides,
    };
  }

  fetchFor(target: Partial<LoginTarget>): typeof fetch {
    return createLoginFetch(this.#agents)(loginTarget(target));
  }

  /** Creates a login request for this target. Its clock always shows 1 000 000. */
  requestFor(target: Partial<LoginTarget>, signal: AbortSignal | null = null): LoginRequest {
    return { target: loginTarget(target), fetch: this.fetchFor(target), signal, now: () => 1_000_000 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { agent, publicAgent, nearbyAgent } = this.#agents;
    await Promise.all([agent.destroy(), publicAgent.destroy(), nearbyAgent.destroy()]);
  }
}
