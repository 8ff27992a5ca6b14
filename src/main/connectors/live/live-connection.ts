import { monotonicMs } from '../../../shared/clock.ts';
import { asSwitchyardError, type SwitchyardError } from '../../../shared/errors.ts';
import type { BroughtUp } from '../bring-up/bring-up.ts';
import type { ToolListing } from '../bring-up/list-tools.ts';
import type { OpenRoute } from '../calls/call-route.ts';
import type { Connection } from '../connection/connection.ts';
import { isConnectionLost } from './fate.ts';
import { ToolRefresher } from './tool-refresher.ts';

/** Callbacks of a live connection. */
export interface LiveConnectionEvents {
  /** Returns the delay in milliseconds after which a tool list without a TTL is read again; null for never. */
  readonly relistAfterMs: () => number | null;
  readonly relist: () => Promise<ToolListing>;
  /** Called when the tools were read again. `hadWhole` says whether the previous list was complete. */
  readonly onListing: (listing: ToolListing, hadWhole: boolean) => Promise<void>;
  /** Called when a failed read of the tools showed that the connection was lost. */
  readonly onLost: (error: SwitchyardError) => void;
  readonly onListFailed: (error: SwitchyardError) => void;
  /**
   * Called when the connection was closed. It was open for `durationMs`. `error` is null if the connection was no
   * longer needed.
   */
  readonly onEnded: (durationMs: number, error: Error | null) => void;
}

/**
 * Minimum age at which a connection counts as stable. If a stable connection fails, the pauses between attempts start
 * again with the shortest pause.
 */
const STABLE_MS = 10_000;

/**
 * The connection of a connector that is up, with its last tool list, the refresher of this list, and the calls in
 * flight.
 */
export class LiveConnection implements OpenRoute {
  readonly connection: Connection;
  /** Aborts when the connection is released. */
  readonly life: AbortSignal;
  /** Duration from the first byte sent to the end of the handshake. */
  readonly handshakeMs: number;
  readonly refresher: ToolRefresher;
  readonly #sinceMs: number = monotonicMs();
  #listing: ToolListing;
  #calls = 0;
  #onIdle: (() => void) | null = null;
  #onEnded: LiveConnectionEvents['onEnded'] | null;

  constructor({ connection, handshakeMs, listing }: BroughtUp, life: AbortSignal, events: LiveConnectionEvents) {
    this.connection = connection;
    this.life = life;
    this.handshakeMs = handshakeMs;
    this.#listing = listing;
    this.#onEnded = events.onEnded;
    this.refresher = new ToolRefresher({
      list: events.relist,
      relistAfterMs: events.relistAfterMs,
      onListing: (fresh) => {
        const hadWhole = this.#listing.cutBecause === null;
        this.#listing = fresh;
        return events.onListing(fresh, hadWhole);
      },
      onFailure: (error) => {
        const coded = asSwitchyardError(error, 'CONNECTOR_CONNECT_FAILED');
        if (isConnectionLost(coded.code)) events.onLost(coded);
        else events.onListFailed(coded);
      },
    });
    this.refresher.expireIn(listing.ttlMs);
  }

  get listing(): ToolListing {
    return this.#listing;
  }

  get isStable(): boolean {
    return monotonicMs() - this.#sinceMs >= STABLE_MS;
  }

  enter(): void {
    this.#calls += 1;
  }

  leave(): void {
    this.#calls -= 1;
    if (this.#calls === 0) this.#onIdle?.();
  }

  /**
   * Closes the connection once the calls in flight have ended. Over Streamable HTTP, each call has its own exchange, so
   * the failure of one call does not affect other calls. Resolves when the connection is closed.
   */
  async retire(cause: Error): Promise<void> {
    this.refresher.stop();
    this.#end(cause);
    if (this.#calls > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    await this.connection.close();
  }

  /**
   * Closes the connection now, and stops reading and reporting tools. `cause` is the error that ended the connection,
   * or null if the connection is no longer needed. Resolves when the connection is closed.
   */
  close(cause: Error | null): Promise<void> {
    this.refresher.stop();
    this.#end(cause);
    return this.connection.close();
  }

  #end(cause: Error | null): void {
    this.#onEnded?.(monotonicMs() - this.#sinceMs, cause);
    this.#onEnded = null;
  }
}
