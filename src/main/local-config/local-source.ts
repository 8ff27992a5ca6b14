import { asSwitchyardError, type SwitchyardError } from '../../shared/errors.ts';
import type { ConnectorEntry } from '../../shared/map/service-map.ts';
import type { Logger } from '../observability/logger.ts';
import type { ConfigProblem } from './config-problem.ts';
import type { LocalServer } from './entry/server-entry.ts';
import { readLocalConfig } from './read-local-config.ts';
import { keptOrMarked } from './reuse-if-same.ts';

/** The configuration file as `status()` shows it. */
export interface LocalConfigStatus {
  readonly path: string;
  readonly serverCount: number;
  /** What is wrong in it, as last read. */
  readonly problems: readonly ConfigProblem[];
  /** Why the last reading failed; what was read before stays. */
  readonly lastError: { readonly code: string; readonly message: string } | null;
  /** Epoch ms of the last good reading; null before the first. */
  readonly readAt: number | null;
}

export interface LocalSourceDeps {
  readonly logger: Logger;
  readonly now: () => number;
  /** The entries that the file has now; those that say what they said stay the same objects. */
  readonly onEntries: (entries: readonly ConnectorEntry[]) => void;
}

/** The connectors of a local file: read at the first sync and at every forced one. */
export class LocalSource {
  readonly #path: string;
  readonly #deps: LocalSourceDeps;
  #servers = new Map<string, LocalServer>();
  #problems: readonly ConfigProblem[] = [];
  #lastError: SwitchyardError | null = null;
  #readAt: number | null = null;
  #reading: Promise<void> | null = null;
  #isClosed = false;

  constructor(path: string, deps: LocalSourceDeps) {
    this.#path = path;
    this.#deps = deps;
  }

  /** Whether it has been read once. */
  get isRead(): boolean {
    return this.#readAt !== null;
  }

  entries(): readonly ConnectorEntry[] {
    return [...this.#servers.values()].map(({ entry }) => entry);
  }

  /**
   * Reads the file, unless that was done and is not forced. Rejects with CONFIG_INVALID where it was never read; later
   * what was read stays.
   */
  sync(force: boolean): Promise<void> {
    if (this.isRead && !force) return Promise.resolve();
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  status(): LocalConfigStatus {
    return {
      path: this.#path,
      serverCount: this.#servers.size,
      problems: this.#problems,
      lastError: this.#lastError === null ? null : { code: this.#lastError.code, message: this.#lastError.message },
      readAt: this.#readAt,
    };
  }

  /** Nothing that is still being read counts any more. */
  close(): void {
    this.#isClosed = true;
  }

  async #read(): Promise<void> {
    const { logger, now, onEntries } = this.#deps;
    try {
      const { servers, problems } = await readLocalConfig(this.#path, process.env);
      if (this.#isClosed) return;
      this.#tell(problems);
      this.#servers = new Map(
        servers.map((server) => [
          server.entry.id,
          keptOrMarked(server, this.#servers.get(server.entry.id), 'the configuration file'),
        ]),
      );
      this.#lastError = null;
      this.#readAt = now();
      onEntries(this.entries());
    } catch (error) {
      const coded = asSwitchyardError(error, 'CONFIG_INVALID');
      const isNews = this.#lastError?.message !== coded.message;
      this.#lastError = coded;
      if (!this.isRead) throw coded;
      if (isNews)
        logger.error(
          { event: 'config-invalid', code: coded.code, err: coded },
          'The configuration file cannot be read; what it said before stays',
        );
    }
  }

  /** Each problem is logged once, as long as it is there. */
  #tell(problems: readonly ConfigProblem[]): void {
    const known = new Set(this.#problems.map(({ message }) => message));
    for (const { severity, place, line, column, message } of problems.filter(
      (problem) => !known.has(problem.message),
    )) {
      const fields = { event: 'config-problem', place, line, column };
      this.#deps.logger[severity === 'error' ? 'error' : 'warn'](fields, `${this.#path}:${line}:${column} ${message}`);
    }
    this.#problems = problems;
  }
}
