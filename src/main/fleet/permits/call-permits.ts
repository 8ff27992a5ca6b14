/** The quotas in a connector's entry: the limits `concurrent`, `perMinute`, `perHour` and `perDay`. */
export type Quotas = Readonly<Record<string, number>>;

/** Decides which calls of one connector may start, under quotas that all hosts of the fleet share. */
export interface CallPermits {
  /**
   * Applies changed quotas. Returns the limits that this host enforces on its own calls: the full quotas, or its share
   * of each quota while the fleet is unreachable.
   */
  update(quotas: Quotas | undefined): Quotas | undefined;
  /** Returns why calls must be refused at the moment; null if calls may start or wait. */
  refusal(): string | null;
  /**
   * Returns 0 if a call may start. Otherwise returns the milliseconds until the caller should ask again, or infinity if
   * {@link CallLine.recheck} will be called.
   */
  waitMs(): number;
  /**
   * Returns the shortest time until another call may start, in milliseconds, as last reported by the fleet; 0 if
   * unknown.
   */
  aheadMs(): number;
  /** Counts the start of a call. To be called right after {@link waitMs} has returned 0. */
  begin(): void;
  /** Counts the end of a call. */
  end(): void;
  /** Gives all unused permits back to the fleet. Idempotent. */
  close(): void;
}

/** The calls of one connector on this host, as {@link CallPermits} uses them. */
export interface CallLine {
  /** Number of calls in progress. */
  readonly active: number;
  /** Number of waiting calls. */
  readonly waiting: number;
  /** Makes all waiting calls check, in their order, whether they may start. */
  recheck(): void;
  /**
   * Calls {@link CallPermits.update} again, because the limits that this host enforces on its own calls have changed.
   */
  relimit(): void;
  /**
   * Returns for each window (minute, hour, day) how many calls started after `fromMs` and no later than `toMs`
   * (monotonic clock).
   */
  beganWithin(fromMs: number, toMs: number): Quotas;
}

/** Creates the permits of one connector. `line` gives access to that connector's calls. */
export type CreateCallPermits = (connectorId: string, line: CallLine) => CallPermits;
