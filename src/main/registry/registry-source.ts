import { dirname, resolve } from 'node:path';
import { asSwitchyardError, SwitchyardError } from '../../shared/errors.ts';
import type { ConnectorEntry } from '../../shared/map/service-map.ts';
import type { Logger } from '../observability/logger.ts';
import { RegistryMemoryCache } from './memory-cache.ts';
import type { RegistryProblem } from './registered-server.ts';
import { RegisteredServers } from './registered-servers.ts';

/** The registry as `status()` shows it. */
export interface RegistryStatus {
  /** Its `servers.json`. */
  readonly path: string;
  /** Servers that are connectors. */
  readonly serverCount: number;
  /** Servers that are none, and entries of the file that are no servers; the others work. */
  readonly problems: readonly RegistryProblem[];
  /** Why it could not be read; what was read before stays. */
  readonly lastError: { readonly code: string; readonly message: string } | null;
  /** Epoch ms of the last reading; null before the first. */
  readonly readAt: number | null;
}

export interface RegistrySourceDeps {
  readonly logger: Logger;
  readonly now: () => number;
  /** Called whenever the entries are others; those that say what they said stay the same objects. */
  readonly onEntries: () => void;
}

/**
 * The connectors of a registry: read at the first sync, then kept as the registry is, whoever changes it, within a
 * second.
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

  /** Relative paths of its servers start at the folder of `path`. */
  constructor(path: string, deps: RegistrySourceDeps) {
    this.#path = path;
    this.#servers = new RegisteredServers(dirname(resolve(path)));
    this.#deps = deps;
    this.#cache = new RegistryMemoryCache({ registryPath: path, logger: deps.logger });
  }

  /** Whether it has been read once. */
  get isRead(): boolean {
    return this.#readAt !== null;
  }

  entries(): readonly ConnectorEntry[] {
    return this.#servers.entries;
  }

  /**
   * Reads the registry, unless that was done; forced, it is looked at once more, and variables too. Rejects with
   * STORE_UNAVAILABLE or STORE_TOO_NEW where it was never read; later what was read stays.
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

  /** Lets go of the registry. Never rejects. */
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
      if (isNews) this.#deps.logger.error(fields, 'The registry cannot be read; what it said before stays');
      return;
    }
    if (this.#isClosed) throw new SwitchyardError('CLOSED', 'The manager was closed.');
    this.#unlisten ??= this.#cache.onChange(() => void this.#updateLater(false));
    await this.#updateLater(true);
  }

  /** One after the other, so that the last change counts. */
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
        message: `${place} is passed over and left as it is: ${reason}.`,
      }),
    );
    return [...this.#servers.problems, ...ofFile];
  }

  /** Each problem is logged once, as long as it is there; those of the file are told by who reads it. */
  #tell(): void {
    const { problems } = this.#servers;
    for (const { code, server, place, message } of problems.filter((problem) => !this.#told.has(problem.message)))
      this.#deps.logger.error({ event: 'registry-server-refused', code, server, place }, `${this.#path}: ${message}`);
    this.#told = new Set(problems.map(({ message }) => message));
  }
}
