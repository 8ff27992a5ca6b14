import type { UnusableEntry } from '../../shared/map/entry-fault.ts';
import { DEFAULT_SOURCE } from '../options/option-checks.ts';
import type { ServiceMapSource, SourceStatus } from './service-map-source.ts';
import { shownUnusable } from './unusable-entries.ts';

/** The service map as `status()` shows it. */
export interface ServiceMapStatus extends Omit<SourceStatus, 'url'> {
  /** The URL without its query, because the query may contain a token. Null if the manager has no map. */
  readonly url: string | null;
  readonly id: string | null;
  readonly brand: string | null;
  readonly connectorCount: number;
  /**
   * Ids of connectors that are kept although the map no longer lists them, until the next load confirms their removal.
   */
  readonly heldRemovals: readonly string[];
  /** The first 100 entries of the map that this host cannot use, with the reasons. */
  readonly unusableEntries: readonly UnusableEntry[];
  /** The number of all unusable entries. */
  readonly unusableEntryCount: number;
  /** Grows by one with every accepted map; 0 before the first map. */
  readonly revision: number;
  /** When the map was generated, in epoch milliseconds; null before the first map. */
  readonly generatedAt: number | null;
  readonly expiresAt: number | null;
}

/** The status of a manager without a map. */
export const NO_MAP: ServiceMapStatus = {
  sourceId: DEFAULT_SOURCE,
  url: null,
  freshness: 'none',
  ageMs: null,
  staleSince: null,
  accept: 'hmac',
  signedBy: null,
  seenSigned: false,
  mapId: null,
  keys: { version: null, expiresAt: null, trustsConfigurationAlone: true, lastError: null },
  dropped: null,
  circuit: 'closed',
  pausedUntil: null,
  lastError: null,
  id: null,
  brand: null,
  connectorCount: 0,
  heldRemovals: [],
  unusableEntries: [],
  unusableEntryCount: 0,
  revision: 0,
  generatedAt: null,
  expiresAt: null,
};

export function viewServiceMap(source: ServiceMapSource): ServiceMapStatus {
  const status = source.status();
  const { header, size, held, unusable, revision, generatedAtMs, expiresAtMs } = source.snapshot;
  return {
    ...status,
    id: header?.id ?? null,
    brand: header?.brand ?? null,
    connectorCount: size,
    heldRemovals: held,
    ...shownUnusable(unusable),
    revision,
    generatedAt: header === null ? null : generatedAtMs,
    expiresAt: header === null ? null : expiresAtMs,
  };
}
