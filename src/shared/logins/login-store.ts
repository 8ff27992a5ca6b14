import type {
  LoginBinding,
  LoginKey,
  LoginRow,
  LoginRowName,
  LoginRows,
  LoginTokens,
  PendingLoginRecord,
  RefreshOutcome,
  RefreshTurn,
  StoredClient,
  StoredLogin,
  StoredLogins,
} from './login-records.ts';

/**
 * Keeps logins: on disk through the writer worker (`state-dir/durable-logins.ts`), shared by all processes that use
 * the folder, or in memory. Writes are durable once they resolve. Rejects with STORE_UNAVAILABLE or another STORE_…
 * code. Nothing that it throws or logs holds a token.
 */
export interface LoginStore {
  /**
   * A first answer that needs no thread: what is stored, or was a moment ago. Null where there is none; {@link readAll}
   * has to be asked next in any case. Never rejects.
   */
  readEarly(): Promise<StoredLogins | null>;
  /** Everything that is stored; a single message. Resolves at once where no login was ever stored. */
  readAll(): Promise<StoredLogins>;
  /** Adds or replaces what is known of an endpoint. */
  saveBinding(binding: LoginBinding): Promise<void>;
  /** Adds or replaces the registration at an issuer. */
  saveClient(client: StoredClient): Promise<void>;
  removeClient(issuer: string): Promise<void>;
  /** Stores a new login, in place of an older one. Ends a refresh that is under way: its result is dropped. */
  saveLogin(key: LoginKey, tokens: LoginTokens): Promise<StoredLogin>;
  /** Removes a login; what it was, null if there was none. */
  removeLogin(loginId: string): Promise<StoredLogin | null>;
  /**
   * Asks for the turn to refresh a login whose generation was `generation` when this process last saw it. Writes down
   * the intent first: a process that is killed before {@link endRefresh} leaves it, and the next one knows.
   */
  beginRefresh(loginId: string, generation: number): Promise<RefreshTurn>;
  /**
   * Ends the turn; the login as it is now, null if it is gone. What came of it is dropped where the lease was lost
   * meanwhile.
   */
  endRefresh(loginId: string, leaseId: string, outcome: RefreshOutcome): Promise<StoredLogin | null>;
  /**
   * Calls `onChange` soon (within 0.5 s) after this or another process changed what is stored, until the returned
   * function is called.
   */
  watch(onChange: () => void): () => void;
  /** Lets any host of the fleet finish a login, for `ms` milliseconds. Absent without shared logins. Never rejects. */
  keepPending?(state: string, login: PendingLoginRecord, ms: number): Promise<void>;
  /** Takes it away; nobody gets it twice. Null where there is none. Never rejects. */
  takePending?(state: string): Promise<PendingLoginRecord | null>;
}

/** A store that hosts of a fleet can have the same logins in. */
export interface ReplicatedLoginStore extends LoginStore {
  /** Rows as they are now, also those that were removed; all of them for null. */
  readRows(names: readonly LoginRowName[] | null): Promise<LoginRows>;
  /**
   * Takes rows of other hosts, with their generations, where these are higher than the present ones. Ends refreshes of
   * such logins that are under way: their results are dropped. The names of the rows that it took.
   */
  adoptRows(rows: readonly LoginRow[]): Promise<readonly LoginRowName[]>;
}
