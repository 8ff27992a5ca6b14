import type { WriterReply } from '../writer-reply.ts';

/** A number of calls for each quota. A quota that is absent sets no limit. */
export interface PermitCounts {
  readonly perMinute?: number;
  readonly perHour?: number;
  readonly perDay?: number;
}

/** Permits that a host received but did not use. */
export interface ReturnedPermits {
  readonly count: number;
  /** `takenAtMs` of the {@link PermitGrant} that contained these permits. */
  readonly takenAtMs: number;
}

/**
 * A request for permits. It also reports what happened since the last request: permits that were not used, and calls
 * that began without a permit.
 */
export interface PermitRequest {
  readonly limits: PermitCounts;
  readonly wanted: number;
  readonly returned: readonly ReturnedPermits[];
  /** Calls that began without a permit, because the server was unreachable or had lost its data. */
  readonly spent: PermitCounts;
}

export interface PermitGrant {
  /** Number of granted permits, at most the requested number. */
  readonly granted: number;
  /** Milliseconds after which the host should request the missing permits; 0 if all were granted. */
  readonly retryInMs: number;
  /** Time of the grant on the server's clock, in epoch milliseconds. It is needed to return the permits. */
  readonly takenAtMs: number;
  /** Random text that changes when the server has lost its counts. */
  readonly epoch: string;
}

export interface LeaseRequest {
  /** Id of the leaseholder. Each connector on each host is a separate holder. */
  readonly holder: string;
  readonly limit: number;
  /** Number of leases that the holder has and wants to renew. */
  readonly held: number;
  /** Number of leases that the holder wants to have in total; at least `held`. */
  readonly wanted: number;
}

export interface LeaseGrant {
  /** Number of leases that the holder has for the next 10 s. */
  readonly held: number;
  /** Milliseconds after which the host should request the missing leases; 0 if all were granted. */
  readonly retryInMs: number;
  /** Whether another host is waiting for leases. */
  readonly isContended: boolean;
}

/** The interface for quotas that all hosts of a fleet share. */
export interface FleetPermitApi {
  /**
   * Requests permits for calls to a connector. A permit uses one call of each quota: per minute, per hour and per day.
   */
  takePermits(connectorId: string, request: PermitRequest): Promise<WriterReply<PermitGrant>>;
  /**
   * Requests, renews or returns a connector's leases. A host may run as many calls at the same time as it has leases.
   * Leases expire 10 s after the last request.
   */
  leaseConcurrent(connectorId: string, request: LeaseRequest): Promise<WriterReply<LeaseGrant>>;
}
