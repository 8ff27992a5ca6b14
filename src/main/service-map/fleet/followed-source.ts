import type { AcquiredBody } from '../../../shared/protocol/thread-messages.ts';
import type { LoadOutcome } from '../loading/collect-load.ts';
import type { RefreshKind, RefreshOutcome } from '../refresh/refresh-outcome.ts';

/** A source of a service map, as its fleet's part uses it. */
export interface FollowedSource {
  readonly id: string;
  /** The interval of the background refresh. */
  readonly intervalMs: number;
  /** For how long the server of the source asked not to be asked; 0 or less where it did not. */
  readonly pauseMs: number;
  /** Whether the map in force is confirmed and has not expired. */
  readonly isFresh: boolean;
  /** Whether connectors are held back that the map in force does not list. */
  readonly isHolding: boolean;
  /** Puts in force what an earlier run left, once. Rejects with SECRET_UNAVAILABLE or KEYS_…. */
  recall(): Promise<void>;
  /** Asks the source, or joins the request under way. Never rejects. */
  ask(kind: RefreshKind): Promise<RefreshOutcome>;
  /** Proves a body of the fleet like one of the source, and puts it in force. Rejects where `read` or a key fails. */
  take(read: () => Promise<AcquiredBody>): Promise<LoadOutcome>;
  /** The fleet says that the source stands by the map in force. */
  vouch(): void;
  /** The next answer of the source is read whole and proven, even if it is the map in force. */
  forgetBody(): void;
  /** Follows the key documents, where the source has some. Never rejects. */
  followKeys(): Promise<void>;
}
