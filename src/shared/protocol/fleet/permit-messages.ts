import type { WriterReply } from '../writer-reply.ts';

/** Numbers of calls by quota; a quota that is absent sets no limit. */
export interface PermitCounts {
  readonly perMinute?: number;
  readonly perHour?: number;
  readonly perDay?: number;
}

/** Permits that were taken and not used. */
export interface ReturnedPermits {
  readonly count: number;
  /** {@link PermitGrant.takenAtMs} of the grant that they came with. */
  readonly takenAtMs: number;
}

/** One question for permits, with what the last ones came to. */
export interface PermitRequest {
  readonly limits: PermitCounts;
  readonly wanted: number;
  readonly returned: readonly ReturnedPermits[];
  /** Calls that began without a permit while the server was away, or before it lost its memory. */
  readonly spent: PermitCounts;
}

export interface PermitGrant {
  /** At most what was wanted. */
  readonly granted: number;
  /** Milliseconds until it makes sense to ask again; 0 where all were given. */
  readonly retryInMs: number;
  /** Epoch ms on the server's clock. Only good for giving permits back. */
  readonly takenAtMs: number;
  /** Changes when the server has lost what it counted. */
  readonly epoch: string;
}

export interface LeaseRequest {
  /** Who holds the leases: one connector of one host. */
  readonly holder: string;
  readonly limit: number;
  /** How many leases it has and keeps. */
  readonly held: number;
  /** How many it would like to have in all; at least `held`. */
  readonly wanted: number;
}

export interface LeaseGrant {
  /** How many leases the holder has from now on, for 10 s. */
  readonly held: number;
  /** Milliseconds until it makes sense to ask again; 0 where all were given. */
  readonly retryInMs: number;
  /** Whether another host waits for leases. */
  readonly isContended: boolean;
}

/** Permits for calls, shared by all hosts. */
export interface FleetPermitApi {
  /** Takes permits for calls to begin, in all windows of a connector at once. */
  takePermits(connectorId: string, request: PermitRequest): Promise<WriterReply<PermitGrant>>;
  /** Takes, renews or gives back places among the calls that may run at a time. They lapse 10 s after the last time. */
  leaseConcurrent(connectorId: string, request: LeaseRequest): Promise<WriterReply<LeaseGrant>>;
}
