import { monotonicMs } from '../../../shared/clock.ts';
import type { MapHead } from '../../../shared/fleet/map-head.ts';
import type { HeldMap } from '../../../shared/protocol/fleet/map-messages.ts';
import type { MapCalls } from './map-calls.ts';
import type { NewsTaker } from './news-taker.ts';
import { pause } from './pause.ts';

/** How often the head is read. */
const LOOK_MS = 200;
/** The leader's word counts once its question to the source must have been sent after the sync began. */
const ANSWER_MS = 250;
/** The leader asks each second: a word that does not come within this does not come. */
const PATIENCE_MS = 1_600;

interface ConfirmationDeps {
  readonly calls: MapCalls;
  readonly taker: NewsTaker;
  readonly held: () => HeldMap | null;
  readonly closing: AbortSignal;
}

/** A forced sync of a host that follows: it waits for an answer that the source gave to the leader since. */
export class Confirmation {
  readonly #deps: ConfirmationDeps;
  #pending: Promise<boolean> | null = null;

  constructor(deps: ConfirmationDeps) {
    this.#deps = deps;
  }

  /**
   * Whether the map in force is what the source gave the leader after this call. False where no answer comes in time,
   * so that the source itself has to be asked. Never rejects.
   */
  async comes(): Promise<boolean> {
    // Who joins later than it began must not have an older answer.
    while (this.#pending !== null) await this.#pending;
    const { closing } = this.#deps;
    this.#pending = this.#look().catch(() => {
      // The server is away: the source itself is the only one to ask.
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

  /** Whether the map of that head is in force, once it was taken. */
  async #isInForce(head: MapHead): Promise<boolean> {
    const { held, taker } = this.#deps;
    taker.hear(head);
    await taker.idle;
    return held()?.sha256 === head.sha256;
  }
}
