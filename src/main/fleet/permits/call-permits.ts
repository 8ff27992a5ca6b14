/** The quotas of a connector as its entry has them: `concurrent`, `perMinute`, `perHour`, `perDay`. */
export type Quotas = Readonly<Record<string, number>>;

/** Which calls of one connector may begin, as all hosts of the fleet count them together. */
export interface CallPermits {
  /** Adopts changed quotas, and answers what this host keeps by itself: all of them, or its share while it is alone. */
  update(quotas: Quotas | undefined): Quotas | undefined;
  /** Why no call may begin for now; null where calls may begin or wait. */
  refusal(): string | null;
  /** 0 if a call may begin; else ms after which to look again, or infinity where the line is woken. */
  waitMs(): number;
  /** At least how long until there is room for another call, as last heard. */
  aheadMs(): number;
  /** A call begins, right after {@link waitMs} was 0. */
  begin(): void;
  /** A call has ended. */
  end(): void;
  /** Gives back what is unused. Idempotent. */
  close(): void;
}

/** The calls of one connector on this host, seen from its permits. */
export interface CallLine {
  /** Calls under way. */
  readonly active: number;
  /** Calls that wait. */
  readonly waiting: number;
  /** Has every waiting call look again, in order. */
  recheck(): void;
  /** Calls {@link CallPermits.update} again: what this host keeps by itself is different now. */
  relimit(): void;
  /** How many calls that began after `fromMs` and no later than `toMs` (monotonic clock) each window still holds. */
  beganWithin(fromMs: number, toMs: number): Quotas;
}

/** Makes the permits of one connector. */
export type CreateCallPermits = (connectorId: string, line: CallLine) => CallPermits;
