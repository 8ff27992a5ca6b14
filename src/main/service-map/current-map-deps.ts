import type { ErrorCode } from '../../shared/error-codes.ts';
import type { Delta } from '../../shared/map/delta.ts';
import type { LoadReport } from '../../shared/protocol/thread-messages.ts';
import type { ResolvedOptions } from '../options/options.ts';
import type { MapMemory } from '../state-dir/map-memory.ts';
import type { MapWatcher } from './fleet/map-watcher.ts';
import type { LoadOutcome } from './loading/collect-load.ts';
import type { MapLoader } from './loading/map-loader.ts';
import type { Snapshot } from './snapshot.ts';

/** What a current map needs besides its options. */
export interface CurrentMapDeps extends Pick<ResolvedOptions, 'clock' | 'elapsedMs' | 'logger' | 'network'> {
  readonly loader: MapLoader;
  readonly memory: MapMemory;
  /** Hears of each map that is accepted, for the fleet; null without one. */
  readonly watcher: MapWatcher | null;
  /** Called for each accepted map, before the load that brought it is over, and where one is dropped. */
  readonly onSnapshot: (snapshot: Snapshot, delta: Delta) => void;
  /**
   * Called when a map is in force and how long it holds is known, in milliseconds; not for one that is only remembered.
   */
  readonly onFresh: (holdsForMs: number) => void;
  /** Called for what is accepted and still wants a human eye. */
  readonly onAlarm: (code: ErrorCode) => void;
  /** Called for each load, whatever came of it. */
  readonly onLoad: (report: LoadReport, outcome: LoadOutcome['kind']) => void;
}
