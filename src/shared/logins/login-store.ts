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
 * Stores logins, either in memory or on disk. On disk, all processes that use the state folder share the logins,
 * through the writer worker (`state-dir/durable-logins.ts`). A write is durable when its promise resolves. Methods
 * reject with STORE_UNAVAILABLE or another STORE_… code. Errors and log lines contain no token.
 */
export interface LoginStore {
  /**
   * Returns the content of the store without waiting for a worker thread. The content may be slightly outdated. Returns
   * null if it cannot be read in this way. In any case, {@link readAll} must be called afterwards. Never rejects.
   */
  readEarly(): Promise<StoredLogins | null>;
  /** Returns the whole content of the store. Resolves immediately if no login was ever stored. */
  readAll(): Promise<StoredLogins>;
  /** Adds or replaces the facts about an endpoint. */
  saveBinding(binding: LoginBinding): Promise<void>;
  /** Adds or replaces the registration at an issuer. */
  saveClient(client: StoredClient): Promise<void>;
  removeClient(issuer: string): Promise<void>;
  /**
   * Stores a new login, and replaces an older one. If that older login is being refreshed, the refresh ends, and its
   * result is dropped.
   */
  saveLogin(key: LoginKey, tokens: LoginTokens): Promise<StoredLogin>;
  /** Removes a login. Returns the removed login, or null if it did not exist. */
  removeLogin(loginId: string): Promise<StoredLogin | null>;
  /**
   * Asks for the exclusive right to refresh a login. `generation` is the last generation of the login that this process
   * saw. The store first records that this process intends to refresh. If the process is killed before {@link
   * endRefresh}, other processes see that record.
   */
  beginRefresh(loginId: string, generation: number): Promise<RefreshTurn>;
  /**
   * Ends a refresh, and stores its outcome. The outcome is dropped if the right to refresh was lost before. Returns the
   * current login, or null if the login was removed.
   */
  endRefresh(loginId: string, leaseId: string, outcome: RefreshOutcome): Promise<StoredLogin | null>;
  /** Calls `onChange` within 0.5 s after any process changed the store. Calling the returned function ends this. */
  watch(onChange: () => void): () => void;
  /**
   * Stores a login that was started, so that any host of the fleet can finish it within `ms` milliseconds. The method
   * is absent if the hosts do not share logins. Never rejects.
   */
  keepPending?(state: string, login: PendingLoginRecord, ms: number): Promise<void>;
  /**
   * Removes and returns a login that was started. If several callers ask for it, only one gets it. Returns null if
   * there is no such login. Never rejects.
   */
  takePending?(state: string): Promise<PendingLoginRecord | null>;
}

/** A store whose logins can be shared among the hosts of a fleet. */
export interface ReplicatedLoginStore extends LoginStore {
  /**
   * Returns the current rows with these names, including rows that were removed. If `names` is null, returns all rows.
   */
  readRows(names: readonly LoginRowName[] | null): Promise<LoginRows>;
  /**
   * Stores rows of other hosts whose generations are higher than the generations of the stored rows. If one of these
   * logins is being refreshed, the refresh ends, and its result is dropped. Returns the names of the stored rows.
   */
  adoptRows(rows: readonly LoginRow[]): Promise<readonly LoginRowName[]>;
}
