import type { ConnectorEntry } from '../../../shared/map/service-map.ts';
import type { ConnectorState } from '../../connectors/connector-state.ts';
import type { ConnectorProxyManager } from '../../manager/connector-proxy-manager.ts';

/**
 * Condition for a gateway to be ready: nothing, any connector, all connectors, or the listed connectors. `any` and
 * `all` leave out connectors that need a login. A person can log in only at a gateway that gets requests, and a gateway
 * that is not ready may get none. If all connectors need a login, the gateway is ready.
 */
export type ReadyFor = 'none' | 'any' | 'all' | readonly string[];

/** Whether the gateway is ready for requests, and what it waits for if it is not. */
export interface Readiness {
  readonly isReady: boolean;
  /** Number of conditions that are not met yet. Each connector that has to come up counts as one condition. */
  readonly waiting: number;
  /** The first 20 of these conditions: ids of connectors, or a phrase such as `any connector`. */
  readonly waitsFor: readonly string[];
}

/** Maximum number of connectors that are named. */
const MAX_NAMED = 20;

/**
 * Returns whether a gateway is ready. This depends on how many of its connectors are up; disabled connectors do not
 * count. A gateway that shuts down is not ready.
 */
export function isReady(manager: ConnectorProxyManager, readyFor: ReadyFor, isDraining: boolean): Readiness {
  if (isDraining) return verdict(['the shutdown to finish']);
  if (typeof readyFor === 'object') return verdict(readyFor.filter((id) => !isUp(manager, id)));
  if (readyFor === 'none') return verdict([]);
  const counts = manager.countByState();
  const count = (...states: readonly ConnectorState[]): number =>
    states.reduce((sum, state) => sum + (counts.get(state) ?? 0), 0);
  const [up, down, needLogin] = [
    count('ready', 'degraded'),
    count('connecting', 'backing-off', 'failed'),
    count('needs-login'),
  ];
  if (down === 0 && up + needLogin > 0) return verdict([]);
  // Tools that are remembered from an earlier run can be listed already. Their connectors come up when the tools are
  // called.
  if (readyFor === 'any') return verdict(up > 0 || manager.listTools().length > 0 ? [] : ['any connector']);
  const isWaitedFor = ({ id, status }: ConnectorEntry): boolean =>
    status === 'enabled' && !isUp(manager, id) && manager.connector(id)?.status?.state !== 'needs-login';
  const named = manager.listConnectors().filter(isWaitedFor);
  return verdict(named.length === 0 ? ['its sources'] : named.map(({ id }) => id));
}

/** Removes the names of connectors, for callers who may not see them. */
export function withoutNames({ isReady, waiting }: Readiness): Omit<Readiness, 'waitsFor'> {
  return { isReady, waiting };
}

function isUp(manager: ConnectorProxyManager, id: string): boolean {
  return manager.facts(id) !== null;
}

function verdict(waitsFor: readonly string[]): Readiness {
  return { isReady: waitsFor.length === 0, waiting: waitsFor.length, waitsFor: waitsFor.slice(0, MAX_NAMED) };
}
