import type { UnusableEntry } from '../../shared/map/entry-fault.ts';
import { DEFAULT_SOURCE } from '../options/option-checks.ts';
import type { ServiceMapSource, SourceStatus } from './service-map-source.ts';
import { shownUnusable } from './unusable-entries.ts';

/** The service map as `status()` shows it. */
export interface ServiceMapStatus extends Omit<SourceStatus, 'url'> {
  /** Without its query, which may hold a token; null for a manager without a map. */
  readonly url: string | null;
  readonly id: string | null;
  readonly brand: string | null;
  readonly connectorCount: number;
  /** Connectors kept though the map no longer lists them, until the next load agrees. */
  readonly heldRemovals: readonly string[];
  /** Entries that the map lists and this host leaves out, and why; the first 100. */
  readonly unusableEntries: readonly UnusableEntry[];
  /** All of these. */
  readonly unusableEntryCount: number;
  /** Grows by one with every accepted map; 0 before the first. */
  readonly revision: number;
  /** Epoch ms; null before the first map. */
  readonly generatedAt: number | null;
  readonly expiresAt: number | null;
}

/** What there is to say of a map where there is none. */
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
