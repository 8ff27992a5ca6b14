import { monotonicMs } from '../../../shared/clock.ts';
import { asSwitchyardError, type SwitchyardError } from '../../../shared/errors.ts';
import type { BroughtUp } from '../bring-up/bring-up.ts';
import type { ToolListing } from '../bring-up/list-tools.ts';
import type { Connection } from '../connection/connection.ts';
import { ToolRefresher } from './tool-refresher.ts';

/** Whom a live connection tells what it finds out. */
export interface LiveConnectionEvents {
  /** After how long a list that names no time to live is read anew; null for never. */
  readonly relistAfterMs: () => number | null;
  readonly relist: () => Promise<ToolListing>;
  /** The tools were read anew; `hadWhole` says whether the list before was the whole one. */
  readonly onListing: (listing: ToolListing, hadWhole: boolean) => Promise<void>;
  /** A reading of the tools showed that the connection is gone. */
  readonly onLost: (error: SwitchyardError) => void;
  readonly onListFailed: (error: SwitchyardError) => void;
}

/** A connection that lasted so long was a good one: what goes wrong after it starts a new series of attempts. */
const STABLE_MS = 10_000;

/** What a failed reading of the tools says of the connection itself. */
const LOST: ReadonlySet<string> = new Set([
  'CONNECTOR_ADDRESS_REFUSED',
  'CONNECTOR_CONNECT_FAILED',
  'CONNECTOR_REFUSED',
]);

/** What there is of a connector while it is up: its connection, its tools as last read, and what keeps them true. */
export class LiveConnection {
  readonly connection: Connection;
  /** From the first byte sent to the end of the handshake. */
  readonly handshakeMs: number;
  readonly refresher: ToolRefresher;
  readonly #sinceMs: number = monotonicMs();
  #listing: ToolListing;
  #calls = 0;
  #onIdle: (() => void) | null = null;

  constructor({ connection, handshakeMs, listing }: BroughtUp, events: LiveConnectionEvents) {
    this.connection = connection;
    this.handshakeMs = handshakeMs;
    this.#listing = listing;
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
        if (LOST.has(coded.code)) events.onLost(coded);
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

  /** Counts a call that is under way over it, until that is disposed of. */
  enter(): Disposable {
    this.#calls += 1;
    let isUnder = true;
    return {
      [Symbol.dispose]: () => {
        if (isUnder) this.#calls -= 1;
        isUnder = false;
        if (this.#calls === 0) this.#onIdle?.();
      },
    };
  }

  /**
   * Ends it once the calls under way have: where each has an exchange of its own, as over Streamable HTTP, one that breaks says nothing of the
   * others. Resolves when the connection is closed.
   */
  async retire(): Promise<void> {
    this.refresher.stop();
    if (this.#calls > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    await this.connection.close();
  }

  /** Ends it: nothing is read or told any more. Resolves when the connection is closed. */
  close(): Promise<void> {
    this.refresher.stop();
    return this.connection.close();
  }
}
