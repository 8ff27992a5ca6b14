import type { Random } from '../../../shared/clock.ts';
import type { ErrorCode } from '../../../shared/error-codes.ts';
import { asSwitchyardError, codeOf, fromWireError, type SwitchyardError } from '../../../shared/errors.ts';
import type { MapHead } from '../../../shared/fleet/map-head.ts';
import type { HeldMap } from '../../../shared/protocol/fleet/map-messages.ts';
import type { Logger } from '../../observability/logger.ts';
import type { FollowedSource } from './followed-source.ts';
import type { MapCalls } from './map-calls.ts';
import { pause } from './pause.ts';

/**
 * All hosts are notified of a new map at the same time, so each one waits a random time of up to this many milliseconds
 * before it reads the map.
 */
const SPREAD_MS = 300;
/**
 * Maximum number of retries after a map could not be put into use. The delay before each retry is `RETRY_MS`,
 * multiplied by 0.5 to 1.5.
 */
const RETRIES = 3;
const RETRY_MS = 1_000;

/** Dependencies of {@link NewsTaker}. */
export interface NewsDeps {
  readonly calls: MapCalls;
  readonly source: FollowedSource;
  readonly logger: Logger;
  readonly random: Random;
  readonly onAlarm: (code: ErrorCode) => void;
  /** Returns the current map of this host. */
  readonly held: () => HeldMap | null;
  /** Called when all retries for a map failed. This host must then request the map from the source. */
  readonly onGivenUp: () => void;
  readonly closing: AbortSignal;
}

/** The outcome of one attempt to put a map of the fleet into use. `missing` means that the bytes could not be read. */
type Taking = 'taken' | 'refused' | 'missing';

/** Puts maps of the fleet into use, one at a time, always the newest. Each map is verified like a map of the source. */
export class NewsTaker {
  readonly #deps: NewsDeps;
  #head: MapHead | null = null;
  #running: Promise<void> | null = null;
  /** The digest of the map that failed too often. News about this map is ignored. */
  #givenUp: string | null = null;
  /** The last refusal that was logged: the digest of the map and the code of the error. */
  #told = '';

  constructor(deps: NewsDeps) {
    this.#deps = deps;
  }

  /** Resolves once no map of the fleet is being read or verified. */
  get idle(): Promise<void> {
    return this.#running ?? Promise.resolve();
  }

  /** Handles the news of a map. The map is read soon, unless it is the current map or older than the current map. */
  hear(head: MapHead): void {
    this.#head = head;
    if (!this.#isWanted(head) || head.sha256 === this.#givenUp) return;
    this.#running ??= this.#takeAll().finally(() => {
      this.#running = null;
    });
  }

  /** Allows new attempts for a map that failed too often, after this host has requested the map from the source. */
  forgive(): void {
    this.#givenUp = null;
  }

  /** Makes one attempt to put the map that `head` identifies into use. Rejects when the source closes. */
  async take(head: MapHead): Promise<Taking> {
    const { calls, source, closing } = this.#deps;
    let error: SwitchyardError;
    try {
      const outcome = await source.take(() => calls.readBody(head));
      if (outcome.kind !== 'failed') return 'taken';
      error = fromWireError(outcome.error);
    } catch (cause) {
      closing.throwIfAborted();
      error = asSwitchyardError(cause);
    }
    if (error.code.startsWith('FLEET_')) return 'missing';
    this.#tell(head, error);
    // If the Redis server is unreachable, no host can read the refused map, so the error does not matter.
    await calls.refuse(head.sha256).catch(() => {});
    return 'refused';
  }

  async #takeAll(): Promise<void> {
    const { random, closing, logger, source, onGivenUp } = this.#deps;
    try {
      let failures = 0;
      for (let head = this.#head; head !== null && this.#isWanted(head); head = this.#head) {
        if (failures > RETRIES) {
          this.#givenUp = head.sha256;
          onGivenUp();
          return;
        }
        const waitMs = failures === 0 ? SPREAD_MS * random.next() : RETRY_MS * (0.5 + random.next());
        await pause(waitMs, closing);
        if (failures > 0) await this.#lookAgain();
        const taking = await this.#takeNewest();
        failures = taking === 'taken' ? 0 : failures + 1;
      }
    } catch (error) {
      // The loop ends with an error only if the source closes.
      if (closing.aborted) return;
      const fields = { event: 'fleet-news-failed', code: codeOf(error) ?? 'INTERNAL', sourceId: source.id, err: error };
      logger.error(fields, 'Internal error: a service map of the fleet was not used');
    }
  }

  /** Makes one attempt to take the map of the newest head, which may have arrived during the wait. */
  async #takeNewest(): Promise<Taking> {
    const head = this.#head;
    if (head === null || !this.#isWanted(head)) return 'taken';
    const taking = await this.take(head);
    // A map that was verified is not tried again, even if another map is the current one now. Otherwise the loop would
    // never end.
    if (taking === 'taken' && this.#head === head) this.#head = null;
    return taking;
  }

  /** Reads the current head again, because the map that failed may have been replaced. */
  async #lookAgain(): Promise<void> {
    try {
      this.#head = await this.#deps.calls.readHead();
    } catch {
      // The Redis server is unreachable. The last head stays, and the next attempt fails in the same way.
    }
  }

  #isWanted({ sha256, generatedAtMs }: MapHead): boolean {
    const held = this.#deps.held();
    return held === null || (sha256 !== held.sha256 && generatedAtMs >= held.generatedAtMs);
  }

  #tell({ sha256, by }: MapHead, error: SwitchyardError): void {
    const { logger, source, onAlarm } = this.#deps;
    const reason = `${sha256} ${error.code}`;
    if (reason === this.#told) return;
    this.#told = reason;
    onAlarm('FLEET_MAP_REFUSED');
    logger.warn(
      { event: 'fleet-map-refused', code: 'FLEET_MAP_REFUSED', sourceId: source.id, sha256, by, reason: error.code },
      `A service map of the fleet is not used, and the current service map stays: ${error.message}`,
    );
  }
}
