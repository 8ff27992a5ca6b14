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
 * Keeps logins, either in memory or on disk. On disk, all processes that use the folder share the logins, through the
 * writer worker (`state-dir/durable-logins.ts`). Writes are durable once they resolve. Rejects with STORE_UNAVAILABLE
 * or another STORE_… code. Its errors and log lines contain no token.
 */
export interface LoginStore {
  /**
   * Returns a first result without a thread: the current or very recent content of the store. Returns null if that is
   * not possible. {@link readAll} must be called afterwards in any case. Never rejects.
   */
  readEarly(): Promise<StoredLogins | null>;
  /** Returns everything that is stored, in a single message. Resolves at once if no login was ever stored. */
  readAll(): Promise<StoredLogins>;
  /** Adds or replaces the facts about an endpoint. */
  saveBinding(binding: LoginBinding): Promise<void>;
  /** Adds or replaces the registration at an issuer. */
  saveClient(client: StoredClient): Promise<void>;
  removeClient(issuer: string): Promise<void>;
  /** Stores a new login in place of an older one. A refresh in progress ends, and its result is dropped. */
  saveLogin(key: LoginKey, tokens: LoginTokens): Promise<StoredLogin>;
  /** Removes a login. Returns the removed login, or null if it did not exist. */
  removeLogin(loginId: string): Promise<StoredLogin | null>;
  /**
   * Requests the turn to refresh a login. `generation` is the last generation of the login that this process saw. The
   * intent is stored first, so that it remains visible if the process is killed before {@link endRefresh}.
   */
  beginRefresh(loginId: string, generation: number): Promise<RefreshTurn>;
  /**
   * Ends the turn. Returns the current login, or null if it was removed. The outcome is dropped if the lease was lost
   * meanwhile.
   */
  endRefresh(loginId: string, leaseId: string, outcome: RefreshOutcome): Promise<StoredLogin | null>;
  /**
   * Calls `onChange` within 0.5 s after this or another process changed the store, until the returned function is
   * called.
   */
  watch(onChange: () => void): () => void;
  /** Lets any host of the fleet finish a login, for `ms` milliseconds. Absent without shared logins. Never rejects. */
  keepPending?(state: string, login: PendingLoginRecord, ms: number): Promise<void>;
  /** Removes and returns a pending login; only one caller gets it. Null if it does not exist. Never rejects. */
  takePending?(state: string): Promise<PendingLoginRecord | null>;
}

/** A store whose logins can be shared among the hosts of a fleet. */
export interface ReplicatedLoginStore extends LoginStore {
  /** Returns the current rows with these names, including removed rows; all rows if `names` is null. */
  readRows(names: readonly LoginRowName[] | null): Promise<LoginRows>;
  /**
   * Adopts rows of other hosts with their generations, if these are higher than the current generations. Refreshes of
   * these logins that are in progress end, and their results are dropped. Returns the names of the adopted rows.
   */
  adoptRows(rows: readonly LoginRow[]): Promise<readonly LoginRowName[]>;
}
