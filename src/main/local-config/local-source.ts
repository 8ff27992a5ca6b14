import type { ConnectorEntry } from '../../shared/map/service-map.ts';
import type { Logger } from '../observability/logger.ts';
import type { ConfigProblem } from './config-problem.ts';
import type { LocalServer } from './entry/server-entry.ts';
import { LocalFile } from './local-file.ts';
import { keptOrMarked } from './reuse-if-same.ts';

/** Where a server of a configuration file stands. */
export interface LocalServerPlace {
  /** The connector's id. */
  readonly id: string;
  /** The file. */
  readonly source: string;
  /** `mcpServers["x"]`. */
  readonly place: string;
  /** Counted from 1. */
  readonly line: number;
  readonly column: number;
}

/** The configuration files as `status()` shows them. */
export interface LocalConfigStatus {
  /** The file; several are joined by a comma and a blank. */
  readonly path: string;
  /** The files in the order of the option: later ones win. */
  readonly files: readonly string[];
  readonly serverCount: number;
  /** Where each server that counts stands. */
  readonly servers: readonly LocalServerPlace[];
  /** What is wrong in them, as last read. */
  readonly problems: readonly ConfigProblem[];
  /** Why the last reading failed; what was read before stays. */
  readonly lastError: { readonly code: string; readonly message: string } | null;
  /** Epoch ms of the last good reading; null before all were read once. */
  readonly readAt: number | null;
}

export interface LocalSourceDeps {
  readonly logger: Logger;
  readonly now: () => number;
  /** Called when the files were read; entries that did not change stay the same objects. */
  readonly onEntries: () => void;
  /**
   * The digest (of `readLocalConfig`) that the file at a path must have: with any other it is refused with
   * CONFIG_INVALID, and what it said before stays. A file that is not here is used whatever it says.
   */
  readonly trustedDigests?: ReadonlyMap<string, string> | undefined;
}

/**
 * The connectors of local files: read at the first sync and at every forced one. Of one id the last file that has it
 * counts.
 */
export class LocalSource {
  readonly #files: readonly LocalFile[];
  readonly #deps: LocalSourceDeps;
  #servers = new Map<string, LocalServer>();
  #reading: Promise<void> | null = null;
  #isClosed = false;

  constructor(paths: readonly string[], deps: LocalSourceDeps) {
    this.#files = paths.map((path) => new LocalFile(path, deps, deps.trustedDigests?.get(path)));
    this.#deps = deps;
  }

  /** Whether each of them has been read once. */
  get isRead(): boolean {
    return this.#files.every(({ readAt }) => readAt !== null);
  }

  entries(): readonly ConnectorEntry[] {
    return [...this.#servers.values()].map(({ entry }) => entry);
  }

  /**
   * Reads the files, unless that was done and is not forced. Rejects with CONFIG_INVALID where one was never read, the
   * servers of the others being there; later what was read stays.
   */
  sync(force: boolean): Promise<void> {
    if (this.isRead && !force) return Promise.resolve();
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  status(): LocalConfigStatus {
    const failed = this.#files.find(({ lastError }) => lastError !== null)?.lastError ?? null;
    const files = this.#files.map(({ path }) => path);
    return {
      path: files.join(', '),
      files,
      serverCount: this.#servers.size,
      servers: [...this.#servers].map(([id, { source, place, line, column }]) => ({ id, source, place, line, column })),
      problems: this.#files.flatMap(({ problems }) => problems),
      lastError: failed === null ? null : { code: failed.code, message: failed.message },
      readAt: this.isRead ? Math.max(...this.#files.map(({ readAt }) => readAt ?? 0)) : null,
    };
  }

  /** Discards what is still being read. */
  close(): Promise<void> {
    this.#isClosed = true;
    return Promise.resolve();
  }

  async #read(): Promise<void> {
    await Promise.all(this.#files.map((file) => file.read()));
    if (this.#isClosed) return;
    const found = new Map(this.#files.flatMap(({ servers }) => servers).map((server) => [server.entry.id, server]));
    const before = this.#servers;
    this.#servers = new Map(
      [...found].map(([id, server]) => [id, keptOrMarked(server, before.get(id), 'the configuration file')]),
    );
    const missing = this.#files.find(({ readAt }) => readAt === null);
    if (missing === undefined || this.#files.length > 1) this.#deps.onEntries();
    if (missing?.lastError != null) throw missing.lastError;
  }
}
