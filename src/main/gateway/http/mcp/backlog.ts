import type { ServerResponse } from 'node:http';
import { startTimer, type Timer } from '../../../../shared/clock.ts';
import { Shares } from '../../shares.ts';

/** A response counts towards the limits only if at least this many of its bytes are unread. */
const COUNTED_BYTES = 64 * 1024;

/** Maximum time for which a client may read nothing of a response. */
const PATIENCE_MS = 30_000;

/** Maximum unread bytes of all clients together. Beyond this limit, requests are refused. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Counts the responses and notifications that were written but not yet read by their clients. They stay in memory until
 * the clients read them.
 */
export class Backlog {
  readonly #bytes: Shares;

  /** `share` is the fraction of the limit that one caller may use. */
  constructor(share = 1) {
    this.#bytes = new Shares(MAX_BYTES, share);
  }

  /** True if no further response to this caller should be written. */
  isFull(caller: string): boolean {
    return !this.#bytes.has(caller);
  }

  /**
   * Starts to count the unread bytes of one stream. The returned function must be called with the current number of
   * these bytes. If the function returns false, there is no room for them and the client must be disconnected.
   */
  stream(caller: string): (unreadBytes: number) => boolean {
    let counted = 0;
    return (unreadBytes) => {
      this.#bytes.give(caller, counted);
      counted = unreadBytes < COUNTED_BYTES ? 0 : unreadBytes;
      const hasRoom = counted === 0 || this.#bytes.has(caller, counted);
      if (!hasRoom) counted = 0;
      this.#bytes.take(caller, counted);
      return hasRoom;
    };
  }

  /** Watches a response that is written but not yet completely sent. A client that stops reading is disconnected. */
  watch(response: ServerResponse, caller: string): void {
    const bytes = response.writableLength;
    if (bytes < COUNTED_BYTES) return;
    this.#bytes.take(caller, bytes);
    let timer: Timer;
    let taken = response.socket?.bytesWritten ?? 0;
    const look = (): void => {
      const now = response.socket?.bytesWritten ?? 0;
      if (now === taken) {
        response.destroy();
        return;
      }
      taken = now;
      timer = startTimer(PATIENCE_MS, look);
    };
    timer = startTimer(PATIENCE_MS, look);
    response.once('close', () => {
      timer.cancel();
      this.#bytes.give(caller, bytes);
    });
  }
}
