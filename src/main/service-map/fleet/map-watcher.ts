import type { HeldMap } from '../../../shared/protocol/fleet/map-messages.ts';

/** Hears of each map that its source puts in force. */
export interface MapWatcher {
  /** Whether the bytes of the next accepted map are wanted, to be published. */
  readonly wantsBytes: boolean;
  /** A proven map is in force. `bytes` belong to the watcher; null where nobody wanted them, or there are none. */
  accepted(map: HeldMap, bytes: Uint8Array<ArrayBuffer> | null): void;
  /** The map in force was dropped. */
  dropped(): void;
}
