import type { ServerResponse } from 'node:http';
import { startTimer, type Timer } from '../../../../shared/clock.ts';

/** From here on an answer that its client has not taken counts. */
const COUNTED_BYTES = 64 * 1024;

/** How long a client may take nothing of an answer. */
const PATIENCE_MS = 30_000;

/** What clients may leave lying here, all together, before no more is answered. */
const MAX_BYTES = 128 * 1024 * 1024;

/** Answers that were given and not taken yet: they are held in memory until they are. */
export class Backlog {
  #bytes = 0;

  /** Whether so much lies here that no further answer should. */
  get isFull(): boolean {
    return this.#bytes >= MAX_BYTES;
  }

  /** Sees to an answer that has ended: its client takes it, piece by piece, or loses the connection. */
  watch(response: ServerResponse): void {
    const bytes = response.writableLength;
    if (bytes < COUNTED_BYTES) return;
    this.#bytes += bytes;
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
      this.#bytes -= bytes;
    });
  }
}
