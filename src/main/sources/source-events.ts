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
 * The events that sources emit. Listeners run synchronously. If a listener throws, the load that caused the change
 * fails.
 */
interface SourceEventMap {
  /** A new map of a source was accepted. */
  map: [change: MapChange];
  /** The map of this source is fresh, and stays fresh for this many milliseconds. */
  fresh: [sourceId: string, validForMs: number];
  /** With true, this host must refresh the map of this source itself. With false, the fleet provides the map. */
  alone: [sourceId: string, isAlone: boolean];
  /** The local file or the registry was read, and its content changed. */
  read: [];
  /** The effective entries of these connectors changed, because a local source was read. */
  local: [connectorIds: readonly string[]];
}

/** Emits the events of the sources of one manager. */
export class SourceEvents extends EventEmitter<SourceEventMap> {}
