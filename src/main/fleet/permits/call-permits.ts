/** Quotas of a connector from its entry: `concurrent`, `perMinute`, `perHour`, `perDay`. */
export type Quotas = Readonly<Record<string, number>>;

/** Decides which calls of one connector may start, as counted by all hosts of the fleet together. */
export interface CallPermits {
  /**
   * Adopts changed quotas. Returns the quotas that this host enforces by itself: all of them, or its share while the
   * fleet is unreachable.
   */
  update(quotas: Quotas | undefined): Quotas | undefined;
  /** Returns why no call may start for now; null if calls may start or wait. */
  refusal(): string | null;
  /**
   * Returns 0 if a call may start. Otherwise returns the milliseconds until the next check, or infinity if the call
   * line will be notified instead.
   */
  waitMs(): number;
  /** Returns the minimum time until another call may start, as last reported. */
  aheadMs(): number;
  /** Notes that a call starts, right after {@link waitMs} returned 0. */
  begin(): void;
  /** Notes that a call has ended. */
  end(): void;
  /** Returns unused permits. Idempotent. */
  close(): void;
}

/** The calls of one connector on this host, as its permits see them. */
export interface CallLine {
  /** Number of calls in progress. */
  readonly active: number;
  /** Number of waiting calls. */
  readonly waiting: number;
  /** Makes every waiting call check again, in order. */
  recheck(): void;
  /** Calls {@link CallPermits.update} again, because the quotas that this host enforces by itself have changed. */
  relimit(): void;
  /** Returns how many calls of each window started after `fromMs` and no later than `toMs` (monotonic clock). */
  beganWithin(fromMs: number, toMs: number): Quotas;
}

/** Creates the permits of one connector. */
export type CreateCallPermits = (connectorId: string, line: CallLine) => CallPermits;
