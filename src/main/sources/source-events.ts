import { EventEmitter } from 'node:events';
import type { Delta } from '../../shared/map/delta.ts';
import type { Snapshot } from '../service-map/snapshot.ts';

/** The changes that a newly accepted map of one source brings. */
export interface MapChange {
  readonly sourceId: string;
  readonly snapshot: Snapshot;
  readonly delta: Delta;
  /** Whether the brand of the map changed. The brand is part of the tags of every tool. */
  readonly isRebranded: boolean;
}

/**
 * The events that sources announce to the parts that build on them. Listeners run synchronously. A listener that throws
 * fails the load that caused the change.
 */
interface SourceEventMap {
  /** A map was accepted. */
  map: [change: MapChange];
  /** A map is current and stays valid for this long. */
  fresh: [sourceId: string, validForMs: number];
  /** Whether this host has to refresh a map by itself, although the fleet usually provides the map. */
  alone: [sourceId: string, isAlone: boolean];
  /** The local file or the registry was read, and its content changed. */
  read: [];
  /** The effective entries of these connectors changed, because a local file or the registry was read. */
  local: [connectorIds: readonly string[]];
}

/** Carries the events of the sources of one manager. */
export class SourceEvents extends EventEmitter<SourceEventMap> {}
