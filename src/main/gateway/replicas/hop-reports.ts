import { recordFleetRefusal } from '../../observability/instruments.ts';
import type { Logger } from '../../observability/logger.ts';
import { RepeatedLines } from '../../observability/repeated-lines.ts';

/**
 * Counts refused hops. For each reason it logs at most one line a minute, with the number of refusals since the last
 * line.
 */
export class HopReports {
  readonly #logger: Logger;
  readonly #lines: RepeatedLines;

  constructor(logger: Logger, now?: () => number) {
    this.#logger = logger;
    this.#lines = new RepeatedLines(now);
  }

  /**
   * Reports a refused hop. `why` completes the sentence "A hop between replicas was refused: …", and contains no text
   * from the sender.
   */
  refused(why: string, fields: object = {}): void {
    recordFleetRefusal('hop');
    const more = this.#lines.next(why);
    if (more === null) return;
    this.#logger.warn(
      { event: 'fleet-hop-refused', code: 'FLEET_HOP_REFUSED', why, ...fields },
      `A hop between replicas was refused: ${why}${more}`,
    );
  }
}
