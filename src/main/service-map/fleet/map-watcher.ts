import type { HeldMap } from '../../../shared/protocol/fleet/map-messages.ts';

/** Is notified of each map that its source puts in force. */
export interface MapWatcher {
  /** Whether the bytes of the next accepted map are needed for publishing. */
  readonly wantsBytes: boolean;
  /** Called when a verified map is in force. `bytes` belong to the watcher; null if it did not want them. */
  accepted(map: HeldMap, bytes: Uint8Array<ArrayBuffer> | null): void;
  /** Called when the map in force was dropped. */
  dropped(): void;
}
