import type { WriterReply } from '../writer-reply.ts';

/** One encrypted row of the login data that the hosts of a fleet share (`fleet.logins: 'shared'`). */
export interface FleetLoginRow {
  /** Kind and name of the row: `binding:…`, `client:…`, `login:…` or `intent:…`. */
  readonly rowId: string;
  /**
   * Number that increases with each write, so that an older row never replaces a newer one. It is −1 if the stored
   * value is not a valid row.
   */
  readonly generation: number;
  /** The encrypted row, or the stored value if it is not a valid row. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Answer to a host that asks for the turn (the exclusive right) to refresh a login. */
export interface FleetLoginTurn {
  /**
   * 0 if this host has the turn. Otherwise, the time in milliseconds until the other host's turn expires. That host may
   * still prolong its turn.
   */
  readonly waitMs: number;
  /** The login as the fleet has stored it; null if the fleet has not stored it. */
  readonly login: FleetLoginRow | null;
  /**
   * Intent of the last turn if that turn did not succeed; null if the turn succeeded. An intent applies only to a login
   * of the same generation.
   */
  readonly intent: FleetLoginRow | null;
}

/** The interface for logins that all hosts of a fleet share. */
export interface FleetLoginApi {
  /** Reads the rows with these names. If `rowIds` is null, reads all rows. */
  readLogins(scope: string, rowIds: readonly string[] | null): Promise<WriterReply<readonly FleetLoginRow[]>>;
  /**
   * Writes a row and notifies the other hosts. Returns false if the fleet has the row in the same or a higher
   * generation. If the stored row equals `over`, it is replaced regardless of its generation.
   */
  writeLogin(scope: string, row: FleetLoginRow, over: FleetLoginRow | null): Promise<WriterReply<boolean>>;
  /**
   * Asks for the turn to refresh a login. The fleet thread prolongs the turn until it is ended, for at most 30 s. If
   * the process exits or is suspended, the turn expires 5 s later.
   */
  beginLoginTurn(scope: string, loginId: string, turnId: string): Promise<WriterReply<FleetLoginTurn>>;
  /**
   * Records the intent to refresh a login, and notifies the other hosts. Must be called before the refresh is sent.
   * Returns false if the host has lost the turn.
   */
  markLoginTurn(scope: string, loginId: string, turnId: string, intent: FleetLoginRow): Promise<WriterReply<boolean>>;
  /** Ends a turn. If `isUnsent` is true, nothing was sent to the issuer, and the intent is removed. */
  endLoginTurn(scope: string, loginId: string, turnId: string, isUnsent: boolean): Promise<WriterReply<null>>;
  /** Stores a browser login that was started, so that any host can finish it. `bytes` are already encrypted. */
  keepPendingLogin(scope: string, name: string, bytes: Uint8Array<ArrayBuffer>, ms: number): Promise<WriterReply<null>>;
  /**
   * Removes and returns a browser login that was started. If several hosts ask for it, only one gets it. Returns null
   * if there is no such login.
   */
  takePendingLogin(scope: string, name: string): Promise<WriterReply<Uint8Array<ArrayBuffer> | null>>;
}

/** Another host wrote these rows. If `rowIds` is null, all rows may have changed. */
export interface FleetLoginEvent {
  readonly kind: 'logins-changed';
  readonly scope: string;
  readonly rowIds: readonly string[] | null;
}
