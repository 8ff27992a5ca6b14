import type { ErrorCode } from '../../shared/error-codes.ts';
import type { Delta } from '../../shared/map/delta.ts';
import type { LoadReport } from '../../shared/protocol/thread-messages.ts';
import type { ResolvedOptions } from '../options/options.ts';
import type { MapMemory } from '../state-dir/map-memory.ts';
import type { MapWatcher } from './fleet/map-watcher.ts';
import type { LoadOutcome } from './loading/collect-load.ts';
import type { MapLoader } from './loading/map-loader.ts';
import type { Snapshot } from './snapshot.ts';

/** Dependencies of a current map, other than its options. */
export interface CurrentMapDeps extends Pick<ResolvedOptions, 'clock' | 'elapsedMs' | 'logger' | 'network'> {
  readonly loader: MapLoader;
  readonly memory: MapMemory;
  /** Receives each accepted map, to share it with the fleet; null without a fleet. */
  readonly watcher: MapWatcher | null;
  /** Called for each accepted map, before its load settles, and when a map is dropped. */
  readonly onSnapshot: (snapshot: Snapshot, delta: Delta) => void;
  /**
   * Called once it is known for how many milliseconds the current map stays fresh. Not called for a map of an earlier
   * run, unless the source has confirmed it.
   */
  readonly onFresh: (holdsForMs: number) => void;
  /** Called with the code of each condition that needs attention. */
  readonly onAlarm: (code: ErrorCode) => void;
  /** Called for each load, whatever its outcome. */
  readonly onLoad: (report: LoadReport, outcome: LoadOutcome['kind']) => void;
}
