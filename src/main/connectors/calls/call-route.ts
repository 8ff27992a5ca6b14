import type { Cancellation } from '../../../shared/cancellation.ts';
import type { SwitchyardError } from '../../../shared/errors.ts';
import type { Connection } from '../connection/connection.ts';

/** A connection that is up, as a call uses it. */
export interface OpenRoute {
  readonly connection: Connection;
  /** Aborts with CONNECTOR_GONE, CLOSED or TOOL_CALL_LOST when the connection is given up. */
  readonly life: Cancellation;
  /** A call begins. */
  enter(): void;
  /** A call has ended, however it ended. */
  leave(): void;
}

/** The way to one connector: gives its calls a connection and hears what they find out about it. */
export interface CallRoute {
  /**
   * The connection to use: at once if it is up, else a promise that resolves once there is one. Rejects with
   * CONNECTOR_UNAVAILABLE, or with the reason of `signal`.
   */
  reach(signal: Cancellation): OpenRoute | Promise<OpenRoute>;
  /** The connection broke, or the server has forgotten its session. */
  lose(open: OpenRoute, error: SwitchyardError): void;
  /** The connector no longer accepts the credentials (401). */
  renewCredentials(open: OpenRoute): void;
}
