import type { ServerResponse } from 'node:http';
import { startTimer, type Timer } from '../../../../shared/clock.ts';
import { Shares } from '../../shares.ts';

/** From here on an answer that its client has not taken counts. */
const COUNTED_BYTES = 64 * 1024;

/** How long a client may take nothing of an answer. */
const PATIENCE_MS = 30_000;

/** What clients may leave lying here, all together, before no more is answered. */
const MAX_BYTES = 64 * 1024 * 1024;

/** Answers and notices that were written and not taken yet: they are held in memory until they are. */
export class Backlog {
  readonly #bytes: Shares;

  /** `share` is the part of it that one caller may fill. */
  constructor(share = 1) {
    this.#bytes = new Shares(MAX_BYTES, share);
  }

  /** Whether so much lies here that no further answer to this caller should. */
  isFull(caller: string): boolean {
    return !this.#bytes.has(caller);
  }

  /**
   * Counts what the client of a stream leaves unread. The returned function is told how much that is, and returns false
   * if there is no room for it: the client has to go.
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

  /** Sees to an answer that has ended: its client takes it, piece by piece, or loses the connection. */
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
