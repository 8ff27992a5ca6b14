import type { ConnectorEntry } from '../../shared/map/service-map.ts';
import type { Logger } from '../observability/logger.ts';
import type { ConfigProblem } from './config-problem.ts';
import type { LocalServer } from './entry/server-entry.ts';
import { LocalFile } from './local-file.ts';
import { keptOrMarked } from './reuse-if-same.ts';

/** Says where a configuration file defines a server. */
export interface LocalServerPlace {
  /** Id of the connector. */
  readonly id: string;
  /** Path of the configuration file. */
  readonly source: string;
  /** Place of the server in the file, such as `mcpServers["x"]`. */
  readonly place: string;
  /** Number of the line on which the server is defined, counted from 1. */
  readonly line: number;
  readonly column: number;
}

/** State of the configuration files, as `status()` shows it. */
export interface LocalConfigStatus {
  /** Path of the file. Several paths are separated by a comma and a space. */
  readonly path: string;
  /** Paths of the files, in the order of the option `configFile`. Later files take precedence. */
  readonly files: readonly string[];
  readonly serverCount: number;
  /** Where each server that is in use is defined. */
  readonly servers: readonly LocalServerPlace[];
  /** Problems found by the last read. */
  readonly problems: readonly ConfigProblem[];
  /** Error of the last read. After an error, the result of the previous read stays in use. */
  readonly lastError: { readonly code: string; readonly message: string } | null;
  /** Time of the last successful read, in epoch milliseconds; null until every file has been read once. */
  readonly readAt: number | null;
}

export interface LocalSourceDeps {
  readonly logger: Logger;
  readonly now: () => number;
  /** Called after the files have been read. Entries that did not change are the same objects as before. */
  readonly onEntries: () => void;
  /**
   * Maps the path of a file to the digest that the file must have, as `readLocalConfig` computes it. A file with
   * another digest is rejected with CONFIG_INVALID, and its previous content stays in use. Files that are not listed
   * may have any content.
   */
  readonly trustedDigests?: ReadonlyMap<string, string> | undefined;
}

/**
 * Provides the connectors that are defined in configuration files. Reads the files at the first sync and at every
 * forced sync. If several files define the same id, the last file takes precedence.
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

  /** Whether every file has been read once. */
  get isRead(): boolean {
    return this.#files.every(({ readAt }) => readAt !== null);
  }

  entries(): readonly ConnectorEntry[] {
    return [...this.#servers.values()].map(({ entry }) => entry);
  }

  /**
   * Reads the files. Without `force`, does nothing if all files have been read before. Rejects with CONFIG_INVALID if a
   * file has never been read successfully; the servers of the other files can be used even then. If a later read of a
   * file fails, its previous content stays in use.
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

  /** Discards the results of reads that are still in progress. */
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
