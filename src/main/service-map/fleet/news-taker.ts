import type { Random } from '../../../shared/clock.ts';
import type { ErrorCode } from '../../../shared/error-codes.ts';
import { asSwitchyardError, codeOf, fromWireError, type SwitchyardError } from '../../../shared/errors.ts';
import type { MapHead } from '../../../shared/fleet/map-head.ts';
import type { HeldMap } from '../../../shared/protocol/fleet/map-messages.ts';
import type { Logger } from '../../observability/logger.ts';
import type { FollowedSource } from './followed-source.ts';
import type { MapCalls } from './map-calls.ts';
import { pause } from './pause.ts';

/** All hosts are notified of a new map at the same time, so they spread their reads over this many milliseconds. */
const SPREAD_MS = 300;
/**
 * Number of retries for a map that could not be taken, and the delay before each retry, which is multiplied by 0.5 to
 * 1.5.
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
  /** Returns the map that is in force on this host. */
  readonly held: () => HeldMap | null;
  /** Called when all retries for a map failed: this host must request the map from the source. */
  readonly onGivenUp: () => void;
  readonly closing: AbortSignal;
}

/** The outcome of one attempt. `missing`: the bytes could not be read. */
type Taking = 'taken' | 'refused' | 'missing';

/** Takes maps of the fleet, one at a time, the newest head first. Each map is verified like a map of the source. */
export class NewsTaker {
  readonly #deps: NewsDeps;
  #head: MapHead | null = null;
  #running: Promise<void> | null = null;
  /** The digest of an abandoned head, so that hearing of it again starts nothing. */
  #givenUp: string | null = null;
  /** The last refusal that was logged, as `digest code`. */
  #told = '';

  constructor(deps: NewsDeps) {
    this.#deps = deps;
  }

  /** Resolves once no map is being taken. */
  get idle(): Promise<void> {
    return this.#running ?? Promise.resolve();
  }

  /** Notes a head. Its map is taken soon, unless it is in force already or older. */
  hear(head: MapHead): void {
    this.#head = head;
    if (!this.#isWanted(head) || head.sha256 === this.#givenUp) return;
    this.#running ??= this.#takeAll().finally(() => {
      this.#running = null;
    });
  }

  /** Allows the abandoned map to be tried again, after the map was requested from the source instead. */
  forgive(): void {
    this.#givenUp = null;
  }

  /** Tries once to take the map that a head names. Rejects when the source closes. */
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
    // If the server is unreachable, there is no head to replace.
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
      // Only the closing of the source may end this loop.
      if (closing.aborted) return;
      const fields = { event: 'fleet-news-failed', code: codeOf(error) ?? 'INTERNAL', sourceId: source.id, err: error };
      logger.error(fields, 'A service map of the fleet could not be taken');
    }
  }

  /** Takes the newest head, which may have arrived during the wait. */
  async #takeNewest(): Promise<Taking> {
    const head = this.#head;
    if (head === null || !this.#isWanted(head)) return 'taken';
    const taking = await this.take(head);
    // A head that was taken is done, whichever map is in force afterwards. Otherwise it would be taken over and over.
    if (taking === 'taken' && this.#head === head) this.#head = null;
    return taking;
  }

  /** Reads the current head again, because a map that could not be taken may have been replaced. */
  async #lookAgain(): Promise<void> {
    try {
      this.#head = await this.#deps.calls.readHead();
    } catch {
      // The server is unreachable: the last head stays, and the next attempt fails in the same way.
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
      `A service map of the fleet is not used, and the one in force stays: ${error.message}`,
    );
  }
}
