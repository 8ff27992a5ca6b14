import type { ConnectorState } from '../../../connectors/connector-state.ts';
import type { ListedConnector, ManagerStatus } from '../../../manager/manager-status.ts';
import type { LoopDelay } from '../../../observability/loop-delay.ts';
import { type FleetModel, fleetModel } from './fleet-model.ts';
import { type FileModel, fileModels, type MapModel, mapModels } from './map-model.ts';
import { type ShownFailure, shownFailure } from './shown-failure.ts';
import { STATE_ORDER } from './state-words.ts';
import { type Verdict, verdictOf } from './verdict.ts';

/** The page's content other than the list of connectors and the events. */
export interface SystemModel {
  readonly verdict: Verdict;
  readonly connectorsByState: Readonly<Record<ConnectorState, number>>;
  readonly connectorCount: number;
  readonly toolCount: number;
  /** Number of tools that differ from their pins, and number of those tools that cannot be called. */
  readonly changedTools: number;
  readonly heldTools: number;
  readonly maps: readonly MapModel[];
  readonly files: readonly FileModel[];
  /** Store of the state that survives restarts. */
  readonly store: { readonly kind: ManagerStatus['store']['kind']; readonly failure: ShownFailure | null };
  /** Null without a fleet. */
  readonly fleet: FleetModel | null;
}

/** Health of the process. */
export interface ProcessModel {
  /** Epoch ms. */
  readonly startedAt: number;
  readonly nodeVersion: string;
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
  readonly loopDelay: LoopDelay;
}

export function systemModel(status: ManagerStatus, nowMs: number): SystemModel {
  const { connectors, toolCount, changedTools, store, isClosed } = status;
  const connectorsByState = countByState(connectors);
  const maps = mapModels(status);
  const files = fileModels(status);
  const heldTools = changedTools.filter(({ isQuarantined }) => isQuarantined).length;
  const storeFailure = store.kind === 'failed' ? shownFailure(store) : null;
  const parts = { isClosed, counts: connectorsByState, totalCount: connectors.length, maps, files };
  return {
    verdict: verdictOf({ ...parts, storeFailure, heldTools, nowMs }),
    connectorsByState,
    connectorCount: connectors.length,
    toolCount,
    changedTools: changedTools.length,
    heldTools,
    maps,
    files,
    store: { kind: store.kind, failure: storeFailure },
    fleet: fleetModel(status.fleet),
  };
}

/** Returns the model of this process at the time `nowMs`. */
export function processModel(loopDelay: LoopDelay, nowMs: number): ProcessModel {
  const { rss, heapUsed } = process.memoryUsage();
  return {
    startedAt: Math.round(nowMs - process.uptime() * 1000),
    nodeVersion: process.version,
    rssBytes: rss,
    heapUsedBytes: heapUsed,
    loopDelay,
  };
}

function countByState(connectors: readonly ListedConnector[]): Record<ConnectorState, number> {
  const counts = Object.fromEntries(STATE_ORDER.map((state) => [state, 0])) as Record<ConnectorState, number>;
  for (const { state } of connectors) counts[state] += 1;
  return counts;
}
