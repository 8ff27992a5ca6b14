import { recordFleetRefusal } from '../../observability/instruments.ts';
import type { Logger } from '../../observability/logger.ts';
import { RepeatedLines } from '../../observability/repeated-lines.ts';

/** Counts hops that were refused, and logs the first of each reason in a minute and how many there were since. */
export class HopReports {
  readonly #logger: Logger;
  readonly #lines: RepeatedLines;

  constructor(logger: Logger, now?: () => number) {
    this.#logger = logger;
    this.#lines = new RepeatedLines(now);
  }

  /** `why` is the end of the sentence "A hop between replicas was refused: …", and holds nothing of the sender's. */
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
