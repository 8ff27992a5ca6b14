import type { Dispatcher } from 'undici';
import type { ConnectorEntry } from '../../shared/map/service-map.ts';
import { type BringUp, createBringUp, type Relist } from '../connectors/bring-up/bring-up.ts';
import { createConnect } from '../connectors/bring-up/choose-connect.ts';
import { ConnectGate } from '../connectors/bring-up/connect-gate.ts';
import type { Connect } from '../connectors/connection/connection.ts';
import type { EraMemory } from '../connectors/connection/era-memory.ts';
import { commandOf, isLocal } from '../connectors/connection/local-entry.ts';
import { createProxyConnect } from '../connectors/replaced-api/proxy-connection.ts';
import { BringUpDispatcher } from '../http/bring-up-dispatcher.ts';
import type { ResolvedOptions } from '../options/options.ts';

/** What connectors are reached over. */
export interface ConnectorAgents {
  readonly agent: Dispatcher;
  /** For those of a map where these may not be anywhere; null where they may. */
  readonly publicAgent: Dispatcher | null;
}

/** How a manager with these options brings connectors up: over its agents, or by the caller's own proxies. Programs are never a proxy's. */
export function createLifelines(
  options: ResolvedOptions,
  { agent, publicAgent }: ConnectorAgents,
  eras: EraMemory,
  apiKeyOf: (entry: ConnectorEntry) => Promise<string | null>,
): { readonly bringUp: BringUp; readonly relist: Relist } {
  const { limits, host, oauth, createProxy, logger } = options;
  const connectOver = (over: Dispatcher): Connect => {
    const dispatcher = new BringUpDispatcher(over, limits.maxConnectsPerOrigin);
    return createConnect({ dispatcher, maxResultBytes: limits.maxResultBytes, host, eras });
  };
  const own = connectOver(agent);
  const byProxy = createProxy === null ? own : createProxyConnect(createProxy, logger, agent);
  // What is not known to be local is a map's.
  const ofMaps = publicAgent === null ? byProxy : connectOver(publicAgent);
  const connectOf = (entry: ConnectorEntry): Connect => {
    if (commandOf(entry) !== null) return own;
    return isLocal(entry) ? byProxy : ofMaps;
  };
  return createBringUp({ connectOf, gate: new ConnectGate(limits), apiKeyOf, oauth, limits });
}
