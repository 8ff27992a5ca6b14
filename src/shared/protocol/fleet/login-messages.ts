import type { WriterReply } from '../writer-reply.ts';

/** A sealed row of what the fleet keeps about logins (`fleet.logins: 'shared'`). */
export interface FleetLoginRow {
  /** `binding:…`, `client:…`, `login:…` or `intent:…`. */
  readonly rowId: string;
  /** Goes up with each write; an older one never replaces a newer one. −1 where what the server has is no row. */
  readonly generation: number;
  /** The sealed row; what the server has, where that is no row. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Whose turn it is to refresh a login. */
export interface FleetLoginTurn {
  /** 0 where this host has it now; else how long the turn of another host lasts, unless it is renewed. */
  readonly waitMs: number;
  /** The login as the fleet has it now; null where it has none. */
  readonly login: FleetLoginRow | null;
  /** The intent of the last turn that began and did not end well; it counts for the login of its generation. */
  readonly intent: FleetLoginRow | null;
}

/** Logins that all hosts share. */
export interface FleetLoginApi {
  /** The rows of these names that there are; all rows for null. */
  readLogins(scope: string, rowIds: readonly string[] | null): Promise<WriterReply<readonly FleetLoginRow[]>>;
  /**
   * Writes a row and tells the other hosts. False where the fleet has a row of that generation or a higher one, unless
   * it is `over`, which is replaced whatever its generation says.
   */
  writeLogin(scope: string, row: FleetLoginRow, over: FleetLoginRow | null): Promise<WriterReply<boolean>>;
  /**
   * Asks for the turn to refresh a login. The thread renews it until it is ended, for at most 30 s; it lapses 5 s after
   * the process died or was stopped.
   */
  beginLoginTurn(scope: string, loginId: string, turnId: string): Promise<WriterReply<FleetLoginTurn>>;
  /** Writes down what is about to be sent, and tells the other hosts. False where the turn was lost meanwhile. */
  markLoginTurn(scope: string, loginId: string, turnId: string, intent: FleetLoginRow): Promise<WriterReply<boolean>>;
  /** Ends a turn. `isUnsent`: nothing was sent, so that the intent is taken back. */
  endLoginTurn(scope: string, loginId: string, turnId: string, isUnsent: boolean): Promise<WriterReply<null>>;
  /** Keeps a login that a person was sent away for, sealed, so that any host finishes it. */
  keepPendingLogin(scope: string, name: string, bytes: Uint8Array<ArrayBuffer>, ms: number): Promise<WriterReply<null>>;
  /** Takes such a login away; nobody gets it twice. Null where there is none. */
  takePendingLogin(scope: string, name: string): Promise<WriterReply<Uint8Array<ArrayBuffer> | null>>;
}

/** Another host wrote these rows; all may have changed where `rowIds` is null. */
export interface FleetLoginEvent {
  readonly kind: 'logins-changed';
  readonly scope: string;
  readonly rowIds: readonly string[] | null;
}
