import { EventEmitter } from 'node:events';
import type { Delta } from '../../shared/map/delta.ts';
import type { Snapshot } from '../service-map/snapshot.ts';

/** What a newly accepted map of one source changes. */
export interface MapChange {
  readonly sourceId: string;
  readonly snapshot: Snapshot;
  readonly delta: Delta;
  /** Whether the brand of the map changed, which is part of the tags of every tool. */
  readonly isRebranded: boolean;
}

/**
 * What sources announce to the parts that are built on top of them. Listeners run in the turn of the change. One that
 * throws fails the load that brought the change.
 */
interface SourceEventMap {
  /** A map was accepted. */
  map: [change: MapChange];
  /** A map is current and stays valid for this long. */
  fresh: [sourceId: string, validForMs: number];
  /** Whether a map that the fleet provides has to be refreshed by this host alone. */
  alone: [sourceId: string, isAlone: boolean];
  /** The local file or the registry was read and says something else than before. */
  read: [];
  /** Other entries now count for these connectors, because of what was read. */
  local: [connectorIds: readonly string[]];
}

/** Carries the events of the sources of one manager. */
export class SourceEvents extends EventEmitter<SourceEventMap> {}
