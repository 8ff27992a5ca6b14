import type { AcquiredBody } from '../../../shared/protocol/thread-messages.ts';
import type { LoadOutcome } from '../loading/collect-load.ts';
import type { RefreshKind, RefreshOutcome } from '../refresh/refresh-outcome.ts';

/** The members of a service map's source that `FleetMap` uses. */
export interface FollowedSource {
  readonly id: string;
  /** The interval of the background refresh. */
  readonly intervalMs: number;
  /** Milliseconds left of a pause that the server of the source requested; 0 or less without a pause. */
  readonly pauseMs: number;
  /** Whether the current map is confirmed and has not expired. */
  readonly isFresh: boolean;
  /** Whether connectors are kept although the current map does not list them (see `mass-removal.ts`). */
  readonly isHolding: boolean;
  /**
   * Puts the map of an earlier run into use, unless this was done before. Rejects with SECRET_UNAVAILABLE or with a
   * KEYS_… code.
   */
  recall(): Promise<void>;
  /** Requests the map, or joins the request in flight. Never rejects. */
  ask(kind: RefreshKind): Promise<RefreshOutcome>;
  /**
   * Verifies a body from the fleet like a body from the source, and puts its map into use. Rejects if `read` rejects,
   * or if a key cannot be read.
   */
  take(read: () => Promise<AcquiredBody>): Promise<LoadOutcome>;
  /** Confirms the current map, because the fleet says that the source still has it. */
  vouch(): void;
  /** Makes the next load read and verify the whole map, even if it is the current map. */
  forgetBody(): void;
  /** Reads newer key documents, if the source has key documents. Never rejects. */
  followKeys(): Promise<void>;
}
