import { dirname, resolve } from 'node:path';
import { asSwitchyardError, SwitchyardError } from '../../shared/errors.ts';
import type { ConnectorEntry } from '../../shared/map/service-map.ts';
import type { Logger } from '../observability/logger.ts';
import { RegistryMemoryCache } from './memory-cache.ts';
import type { RegistryProblem } from './registered-server.ts';
import { RegisteredServers } from './registered-servers.ts';

/** State of the registry, as `status()` shows it. */
export interface RegistryStatus {
  /** Path of the registry's `servers.json`. */
  readonly path: string;
  /** Number of servers that are usable as connectors. */
  readonly serverCount: number;
  /**
   * Problems of servers that cannot be used, and of invalid entries of the file. They do not affect the other servers.
   */
  readonly problems: readonly RegistryProblem[];
  /** Error of the last read. After an error, the result of the previous read stays in use. */
  readonly lastError: { readonly code: string; readonly message: string } | null;
  /** Time of the last read, in epoch milliseconds; null before the first read. */
  readonly readAt: number | null;
}

export interface RegistrySourceDeps {
  readonly logger: Logger;
  readonly now: () => number;
  /** Called whenever the entries have changed. Entries that did not change are the same objects as before. */
  readonly onEntries: () => void;
}

/**
 * Source of a registry's connectors. It reads the registry at the first sync. After that, it follows changes by any
 * process, within a second.
 */
export class RegistrySource {
  readonly #path: string;
  readonly #deps: RegistrySourceDeps;
  readonly #cache: RegistryMemoryCache;
  readonly #servers: RegisteredServers;
  #told: ReadonlySet<string> = new Set();
  #lastError: SwitchyardError | null = null;
  #readAt: number | null = null;
  #syncing: Promise<void> | null = null;
  #updating: Promise<void> = Promise.resolve();
  #unlisten: (() => void) | null = null;
  #isClosed = false;

  /**
   * Creates the source for the registry whose `servers.json` is at `path`. Relative paths in servers start at the
   * folder of this file.
   */
  constructor(path: string, deps: RegistrySourceDeps) {
    this.#path = path;
    this.#servers = new RegisteredServers(dirname(resolve(path)));
    this.#deps = deps;
    this.#cache = new RegistryMemoryCache({ registryPath: path, logger: deps.logger });
  }

  /** Whether the registry has been read once. */
  get isRead(): boolean {
    return this.#readAt !== null;
  }

  entries(): readonly ConnectorEntry[] {
    return this.#servers.entries;
  }

  /**
   * Reads the registry. Without `force`, does nothing if it has been read before. With `force`, also looks variables up
   * again. Rejects with STORE_UNAVAILABLE or STORE_TOO_NEW if the registry has never been read successfully. If a later
   * read fails, the previous content stays in use.
   */
  sync(force: boolean): Promise<void> {
    if (this.isRead && !force) return Promise.resolve();
    this.#syncing ??= this.#sync().finally(() => {
      this.#syncing = null;
    });
    return this.#syncing;
  }

  status(): RegistryStatus {
    return {
      path: this.#path,
      serverCount: this.#servers.entries.length,
      problems: this.#problems(),
      lastError: this.#lastError === null ? null : { code: this.#lastError.code, message: this.#lastError.message },
      readAt: this.#readAt,
    };
  }

  /** Closes the registry. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#unlisten?.();
    await this.#cache.close();
  }

  async #sync(): Promise<void> {
    try {
      await (this.isRead ? this.#cache.refresh() : this.#cache.init());
      this.#lastError = null;
    } catch (error) {
      const coded = asSwitchyardError(error, 'STORE_UNAVAILABLE');
      const isNews = this.#lastError?.message !== coded.message;
      this.#lastError = coded;
      if (!this.isRead) throw coded;
      const fields = { event: 'registry-unavailable', code: coded.code, err: coded };
      if (isNews) this.#deps.logger.error(fields, 'Cannot read the registry; its previous content stays in use');
      return;
    }
    if (this.#isClosed) throw new SwitchyardError('CLOSED', 'The manager was closed.');
    this.#unlisten ??= this.#cache.onChange(() => void this.#updateLater(false));
    await this.#updateLater(true);
  }

  /** Runs updates one after the other, so that the latest change takes effect last. */
  #updateLater(isAnew: boolean): Promise<void> {
    this.#updating = this.#updating.then(() => this.#update(isAnew));
    return this.#updating;
  }

  async #update(isAnew: boolean): Promise<void> {
    const isOther = await this.#servers.update(this.#cache.getAll(), isAnew);
    if (this.#isClosed) return;
    this.#readAt = this.#deps.now();
    this.#tell();
    if (isOther) this.#deps.onEntries();
  }

  #problems(): readonly RegistryProblem[] {
    const ofFile = this.#cache.badServers.map(
      ({ place, reason }): RegistryProblem => ({
        code: 'SERVER_INVALID',
        server: null,
        place,
        message: `${place} is skipped and left unchanged: ${reason}.`,
      }),
    );
    return [...this.#servers.problems, ...ofFile];
  }

  /**
   * Logs each new problem of a server. A problem that the previous update also found is not logged again. Problems of
   * the file are logged elsewhere, by `reportBad`.
   */
  #tell(): void {
    const { problems } = this.#servers;
    for (const { code, server, place, message } of problems.filter((problem) => !this.#told.has(problem.message)))
      this.#deps.logger.error({ event: 'registry-server-refused', code, server, place }, `${this.#path}: ${message}`);
    this.#told = new Set(problems.map(({ message }) => message));
  }
}
