import type { WriterReply } from '../writer-reply.ts';

/** A sealed row of the fleet's shared logins (`fleet.logins: 'shared'`). */
export interface FleetLoginRow {
  /** `binding:…`, `client:…`, `login:…` or `intent:…`. */
  readonly rowId: string;
  /** Increases with each write; older rows never replace newer ones. −1 if the stored value is not a valid row. */
  readonly generation: number;
  /** The sealed row, or the stored value if it is not a valid row. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Result of requesting the turn to refresh a login. */
export interface FleetLoginTurn {
  /** 0 if this host has the turn; otherwise the time until the other host's turn expires, unless it is renewed. */
  readonly waitMs: number;
  /** The login as the fleet has it now; null if the fleet has none. */
  readonly login: FleetLoginRow | null;
  /** Intent of the last turn that did not end with a success. It applies only to a login of the same generation. */
  readonly intent: FleetLoginRow | null;
}

/** API of logins that all hosts share. */
export interface FleetLoginApi {
  /** Reads the existing rows with these names; all rows for null. */
  readLogins(scope: string, rowIds: readonly string[] | null): Promise<WriterReply<readonly FleetLoginRow[]>>;
  /**
   * Writes a row and notifies the other hosts. Returns false if the fleet has a row of that generation or a higher one.
   * A row equal to `over` is replaced regardless of its generation.
   */
  writeLogin(scope: string, row: FleetLoginRow, over: FleetLoginRow | null): Promise<WriterReply<boolean>>;
  /**
   * Requests the turn to refresh a login. The thread renews the turn until it is ended, for at most 30 s. The turn
   * expires 5 s after the process died or was suspended.
   */
  beginLoginTurn(scope: string, loginId: string, turnId: string): Promise<WriterReply<FleetLoginTurn>>;
  /**
   * Records the intent before a refresh is sent, and notifies the other hosts. Returns false if the turn was lost
   * meanwhile.
   */
  markLoginTurn(scope: string, loginId: string, turnId: string, intent: FleetLoginRow): Promise<WriterReply<boolean>>;
  /** Ends a turn. `isUnsent`: nothing was sent, so the intent is withdrawn. */
  endLoginTurn(scope: string, loginId: string, turnId: string, isUnsent: boolean): Promise<WriterReply<null>>;
  /** Stores a pending browser login, sealed, so that any host can finish it. */
  keepPendingLogin(scope: string, name: string, bytes: Uint8Array<ArrayBuffer>, ms: number): Promise<WriterReply<null>>;
  /** Removes a pending login and returns it, so that only one caller gets it. Returns null if it does not exist. */
  takePendingLogin(scope: string, name: string): Promise<WriterReply<Uint8Array<ArrayBuffer> | null>>;
}

/** Another host wrote these rows. If `rowIds` is null, all rows may have changed. */
export interface FleetLoginEvent {
  readonly kind: 'logins-changed';
  readonly scope: string;
  readonly rowIds: readonly string[] | null;
}
