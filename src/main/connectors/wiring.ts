import type { Dispatcher } from 'undici';
import type { ConnectorEntry } from '../../shared/service-map.ts';
import { BringUpDispatcher } from '../http/bring-up-dispatcher.ts';
import type { ResolvedOptions } from '../options.ts';
import { type BringUp, createBringUp, type Relist } from './bring-up.ts';
import { createConnect } from './choose-connect.ts';
import { ConnectGate } from './connect-gate.ts';
import type { Connect } from './connection.ts';
import { createProxyConnect } from './proxy-connection.ts';
import type { EraMemory } from './streamable-http/era-memory.ts';

/** How a manager with these options brings connectors up: over `agent`, or by the caller's own proxies. Programs are never a proxy's. */
export function createLifelines(
  options: ResolvedOptions,
  agent: Dispatcher,
  eras: EraMemory,
  apiKeyOf: (entry: ConnectorEntry) => Promise<string | null>,
): { readonly bringUp: BringUp; readonly relist: Relist } {
  const { limits, host, oauth, createProxy, logger } = options;
  const dispatcher = new BringUpDispatcher(agent, limits.maxConnectsPerOrigin);
  const own = createConnect({ dispatcher, maxResultBytes: limits.maxResultBytes, host, eras });
  const byProxy = createProxy === null ? own : createProxyConnect(createProxy, logger, agent);
  const connect: Connect = (target, events, requestLimits) =>
    (target.command === null ? byProxy : own)(target, events, requestLimits);
  return createBringUp({ connect, gate: new ConnectGate(limits), apiKeyOf, oauth, limits });
}
