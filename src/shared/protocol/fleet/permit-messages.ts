import type { WriterReply } from '../writer-reply.ts';

/** Numbers of calls by quota. An absent quota sets no limit. */
export interface PermitCounts {
  readonly perMinute?: number;
  readonly perHour?: number;
  readonly perDay?: number;
}

/** Permits that were taken but not used. */
export interface ReturnedPermits {
  readonly count: number;
  /** {@link PermitGrant.takenAtMs} of the grant that contained them. */
  readonly takenAtMs: number;
}

/**
 * A request for permits. It also reports the unused permits, and the calls without a permit, since the last request.
 */
export interface PermitRequest {
  readonly limits: PermitCounts;
  readonly wanted: number;
  readonly returned: readonly ReturnedPermits[];
  /** Calls that began without a permit, because the server was unreachable or lost its data. */
  readonly spent: PermitCounts;
}

export interface PermitGrant {
  /** At most the requested number. */
  readonly granted: number;
  /** Milliseconds until the next request makes sense; 0 if all were granted. */
  readonly retryInMs: number;
  /** Epoch ms on the server's clock. Only meaningful for returning permits. */
  readonly takenAtMs: number;
  /** Changes when the server has lost its counts. */
  readonly epoch: string;
}

export interface LeaseRequest {
  /** Holder of the leases: one connector of one host. */
  readonly holder: string;
  readonly limit: number;
  /** Number of leases that the holder has and keeps. */
  readonly held: number;
  /** Total number of leases that the holder requests; at least `held`. */
  readonly wanted: number;
}

export interface LeaseGrant {
  /** Number of leases that the holder now has, for 10 s. */
  readonly held: number;
  /** Milliseconds until the next request makes sense; 0 if all were granted. */
  readonly retryInMs: number;
  /** Whether another host waits for leases. */
  readonly isContended: boolean;
}

/** API of permits for calls, shared by all hosts. */
export interface FleetPermitApi {
  /** Takes permits for calls, in all windows of a connector at once. */
  takePermits(connectorId: string, request: PermitRequest): Promise<WriterReply<PermitGrant>>;
  /**
   * Takes, renews or returns leases of a connector: a host may run as many calls at a time as it has leases. They
   * expire 10 s after the last request.
   */
  leaseConcurrent(connectorId: string, request: LeaseRequest): Promise<WriterReply<LeaseGrant>>;
}
