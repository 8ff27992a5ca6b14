import type { HeldMap } from '../../../shared/protocol/fleet/map-messages.ts';

/** Receives each map that a source puts into use. */
export interface MapWatcher {
  /** Whether the bytes of the next accepted map are needed for publishing. */
  readonly wantsBytes: boolean;
  /** Called when a verified map is in use. The watcher may keep `bytes`, which is null if `wantsBytes` was false. */
  accepted(map: HeldMap, bytes: Uint8Array<ArrayBuffer> | null): void;
  /** Called when the current map was dropped. */
  dropped(): void;
}
