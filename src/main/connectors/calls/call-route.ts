import type { Cancellation } from '../../../shared/cancellation.ts';
import type { SwitchyardError } from '../../../shared/errors.ts';
import type { Connection } from '../connection/connection.ts';

/** An open connection over which calls can be sent. */
export interface OpenRoute {
  readonly connection: Connection;
  /** Aborts with CONNECTOR_GONE, CLOSED or TOOL_CALL_LOST when the connection is released. */
  readonly life: Cancellation;
  /** Notes that a call begins. */
  enter(): void;
  /** Notes that a call has ended, whether it succeeded or failed. */
  leave(): void;
}

/** The route to one connector: provides connections to calls, and receives the calls' reports about the connections. */
export interface CallRoute {
  /**
   * Returns the open connection, or a promise that resolves once a connection is open. Rejects with
   * CONNECTOR_UNAVAILABLE, or with the reason of `signal`.
   */
  reach(signal: Cancellation): OpenRoute | Promise<OpenRoute>;
  /** Reports that the connection broke, or that the server no longer knows its session. */
  lose(open: OpenRoute, error: SwitchyardError): void;
  /** Reports that the connector no longer accepts the credentials (401). */
  renewCredentials(open: OpenRoute): void;
}
