import { monotonicMs } from '../../../shared/clock.ts';
import type { MapHead } from '../../../shared/fleet/map-head.ts';
import type { HeldMap } from '../../../shared/protocol/fleet/map-messages.ts';
import type { MapCalls } from './map-calls.ts';
import type { NewsTaker } from './news-taker.ts';
import { pause } from './pause.ts';

/** Delay between two reads of the head: the record in Redis that identifies the newest map of the fleet. */
const LOOK_MS = 200;
/**
 * A confirmation by the leader is accepted only if it comes at least this long after the start of a sync. An earlier
 * confirmation may be the response to a request that was sent before the sync.
 */
const ANSWER_MS = 250;
/**
 * How long to wait for a confirmation. The leader requests the map every second, so a later confirmation is unlikely.
 */
const PATIENCE_MS = 1_600;

interface ConfirmationDeps {
  readonly calls: MapCalls;
  readonly taker: NewsTaker;
  readonly held: () => HeldMap | null;
  readonly closing: AbortSignal;
}

/**
 * Performs a forced sync on a host that follows a leader. Instead of sending a request, it waits for the leader's next
 * response from the source.
 */
export class Confirmation {
  readonly #deps: ConfirmationDeps;
  #pending: Promise<boolean> | null = null;

  constructor(deps: ConfirmationDeps) {
    this.#deps = deps;
  }

  /**
   * Resolves with true once this host uses the map that the source sent to the leader, or confirmed, after this call.
   * Resolves with false if no response comes in time. This host must then request the map from the source. Never
   * rejects.
   */
  async comes(): Promise<boolean> {
    // If a caller joined a wait in progress, it could get a response that is older than its call. So it starts a new
    // wait.
    while (this.#pending !== null) await this.#pending;
    const { closing } = this.#deps;
    this.#pending = this.#look().catch(() => {
      // The Redis server is unreachable, so this host must request the map from the source.
      return false;
    });
    const hasCome = await this.#pending;
    this.#pending = null;
    return hasCome && !closing.aborted;
  }

  async #look(): Promise<boolean> {
    const { calls, closing } = this.#deps;
    const startedMs = monotonicMs();
    let before = await calls.readHead();
    while (before !== null && monotonicMs() - startedMs < PATIENCE_MS) {
      await pause(LOOK_MS, closing);
      const head = await calls.readHead();
      if (head === null) return false;
      const isNews = head.sha256 !== before.sha256 || head.confirms !== before.confirms;
      if (isNews && monotonicMs() - startedMs >= ANSWER_MS) return this.#isInForce(head);
      before = head;
    }
    return false;
  }

  /** Tries to put the map that `head` identifies into use. Resolves with true if this map is now the current map. */
  async #isInForce(head: MapHead): Promise<boolean> {
    const { held, taker } = this.#deps;
    taker.hear(head);
    await taker.idle;
    return held()?.sha256 === head.sha256;
  }
}
