import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { startTimer, type Timer } from '../../shared/clock.ts';
import { codeOf, SwitchyardError } from '../../shared/errors.ts';
import { LOGIN_FILE } from '../../shared/logins/login-files.ts';
import type {
  LoginBinding,
  LoginKey,
  LoginRow,
  LoginRowName,
  LoginRows,
  LoginTokens,
  RefreshOutcome,
  RefreshTurn,
  StoredClient,
  StoredLogin,
  StoredLogins,
} from '../../shared/logins/login-records.ts';
import type { ReplicatedLoginStore } from '../../shared/logins/login-store.ts';
import type { WriterClient } from '../writer/writer-client.ts';
import { loadLoginImage } from './login-image.ts';

/** Delay before the watch is restarted after the writer thread was lost. */
const WATCH_AGAIN_MS = 1_000;

/**
 * Stores logins in the state folder, encrypted, by means of the writer thread (`src/workers/logins/`). All processes
 * that use the folder share the logins.
 */
export class DurableLogins implements ReplicatedLoginStore {
  readonly #stateDir: string;
  readonly #writer: WriterClient;
  readonly #listeners = new Set<() => void>();
  #retry: Timer | null = null;

  constructor(stateDir: string, writer: WriterClient) {
    this.#stateDir = stateDir;
    this.#writer = writer;
  }

  readEarly(): Promise<StoredLogins | null> {
    return loadLoginImage(this.#stateDir);
  }

  async readAll(): Promise<StoredLogins> {
    // If the login file does not exist, no thread is started to read it.
    if (!(await this.#isThere())) return { bindings: [], logins: [], clients: [], unreadable: 0 };
    return await this.#writer.askLogins((api) => api.readLogins());
  }

  async saveBinding(binding: LoginBinding): Promise<void> {
    await this.#writer.askLogins((api) => api.saveLoginBinding(binding));
  }

  async saveClient(client: StoredClient): Promise<void> {
    await this.#writer.askLogins((api) => api.saveLoginClient(client));
  }

  async removeClient(issuer: string): Promise<void> {
    await this.#writer.askLogins((api) => api.removeLoginClient(issuer));
  }

  saveLogin(key: LoginKey, tokens: LoginTokens): Promise<StoredLogin> {
    return this.#writer.askLogins((api) => api.saveLogin(key, tokens));
  }

  removeLogin(loginId: string): Promise<StoredLogin | null> {
    return this.#writer.askLogins((api) => api.removeLogin(loginId));
  }

  beginRefresh(loginId: string, generation: number): Promise<RefreshTurn> {
    return this.#writer.askLogins((api) => api.beginLoginRefresh(loginId, generation));
  }

  endRefresh(loginId: string, leaseId: string, outcome: RefreshOutcome): Promise<StoredLogin | null> {
    return this.#writer.askLogins((api) => api.endLoginRefresh(loginId, leaseId, outcome));
  }

  async readRows(names: readonly LoginRowName[] | null): Promise<LoginRows> {
    if (!(await this.#isThere())) return { storeId: null, rows: [] };
    return await this.#writer.askLogins((api) => api.readLoginRows(names));
  }

  async adoptRows(rows: readonly LoginRow[]): Promise<readonly LoginRowName[]> {
    return rows.length === 0 ? [] : await this.#writer.askLogins((api) => api.adoptLoginRows(rows));
  }

  watch(onChange: () => void): () => void {
    // Each watch gets its own listener, because two watches may have the same function.
    const listener = (): void => onChange();
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#startWatch();
    return () => {
      if (this.#listeners.delete(listener) && this.#listeners.size === 0) this.#endWatch();
    };
  }

  #startWatch(): void {
    this.#retry?.cancel();
    this.#retry = null;
    this.#writer.listenToLogins({
      changed: () => this.#tell(),
      lost: () => this.#watchAgain(),
    });
    this.#ask(true);
  }

  #endWatch(): void {
    this.#retry?.cancel();
    this.#retry = null;
    this.#writer.listenToLogins(null);
    this.#ask(false);
  }

  /**
   * Restarts the watch after a pause. A new thread knows nothing about earlier reads, so it also reports changes that
   * were missed.
   */
  #watchAgain(): void {
    if (this.#listeners.size === 0) return;
    this.#retry ??= startTimer(WATCH_AGAIN_MS, () => this.#startWatch());
  }

  #ask(isWatched: boolean): void {
    this.#writer
      .askLogins(async (api) => await api.watchLogins(isWatched))
      .catch(() => {
        // The other callers of the writer report its failure. The watch only tries again.
        if (isWatched && !this.#writer.isClosed) this.#watchAgain();
      });
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  async #isThere(): Promise<boolean> {
    const path = join(this.#stateDir, LOGIN_FILE);
    try {
      await lstat(path);
      return true;
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '')) return false;
      throw new SwitchyardError('STORE_UNAVAILABLE', `Cannot check whether ${path} exists.`, { cause: error });
    }
  }
}
