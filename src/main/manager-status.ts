import type { LoadReport } from '../shared/protocol.ts';
import type { ConnectorEntry, RawEntry } from '../shared/service-map.ts';
import type { ConnectorSources } from './connector-sources.ts';
import type { ConnectorSet } from './connectors/connector-set.ts';
import type { ConnectorStatus } from './connectors/connector-status.ts';
import type { LocalConfigStatus } from './local-config/local-source.ts';
import type { MapMemory, MemoryStatus } from './service-map/map-memory.ts';
import type { ServiceMapSource, SourceStatus } from './service-map/service-map-source.ts';

/** One connector as `connector(id)` shows it. */
export interface ConnectorView {
  readonly entry: ConnectorEntry;
  /** The entry as the map has it, nothing added; one of a local file is its own. */
  readonly source: RawEntry;
  /** Null in the moment between the acceptance of its map and its turn. */
  readonly status: ConnectorStatus | null;
}

/** The service map as `status()` shows it. */
export interface ServiceMapStatus extends Omit<SourceStatus, 'url'> {
  /** Without its query, which may hold a token; null for a manager without a map. */
  readonly url: string | null;
  readonly id: string | null;
  readonly brand: string | null;
  readonly connectorCount: number;
  /** Connectors kept though the map no longer lists them, until the next load agrees. */
  readonly heldRemovals: readonly string[];
  /** Grows by one with every accepted map; 0 before the first. */
  readonly revision: number;
  /** Epoch ms; null before the first map. */
  readonly generatedAt: number | null;
  readonly expiresAt: number | null;
}

/** Everything `status()` shows, as plain data. */
export interface ManagerStatus {
  readonly serviceMap: ServiceMapStatus;
  /** The local configuration file; null without one. */
  readonly config: LocalConfigStatus | null;
  readonly connectors: readonly ConnectorStatus[];
  readonly toolCount: number;
  /** The last loads, oldest first. */
  readonly loads: readonly LoadReport[];
  readonly store: MemoryStatus;
  readonly isClosed: boolean;
}

export interface ManagerParts {
  readonly sources: ConnectorSources;
  readonly connectors: ConnectorSet;
  readonly memory: MapMemory;
  readonly toolCount: number;
  readonly loads: readonly LoadReport[];
  readonly isClosed: boolean;
}

export function viewManager(parts: ManagerParts): ManagerStatus {
  return {
    serviceMap: parts.sources.mapStatus(),
    config: parts.sources.configStatus(),
    connectors: parts.connectors.all().map((connector) => connector.status()),
    toolCount: parts.toolCount,
    loads: parts.loads,
    store: parts.memory.status(),
    isClosed: parts.isClosed,
  };
}

export function viewConnector(
  id: string,
  sources: ConnectorSources,
  connectors: ConnectorSet,
): ConnectorView | undefined {
  const found = sources.find(id);
  return found === undefined ? undefined : { ...found, status: connectors.get(id)?.status() ?? null };
}

/** What there is to say of a map where there is none. */
export const NO_MAP: ServiceMapStatus = {
  url: null,
  freshness: 'none',
  circuit: 'closed',
  pausedUntil: null,
  lastError: null,
  id: null,
  brand: null,
  connectorCount: 0,
  heldRemovals: [],
  revision: 0,
  generatedAt: null,
  expiresAt: null,
};

export function viewServiceMap(source: ServiceMapSource): ServiceMapStatus {
  const { header, size, held, revision, generatedAtMs, expiresAtMs } = source.snapshot;
  return {
    ...source.status(),
    id: header?.id ?? null,
    brand: header?.brand ?? null,
    connectorCount: size,
    heldRemovals: held,
    revision,
    generatedAt: header === null ? null : generatedAtMs,
    expiresAt: header === null ? null : expiresAtMs,
  };
}
