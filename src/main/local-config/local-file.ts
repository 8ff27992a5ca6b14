import { asSwitchyardError, SwitchyardError } from '../../shared/errors.ts';
import { lateModule } from '../../shared/late-module.ts';
import type { Logger } from '../observability/logger.ts';
import type { ConfigProblem } from './config-problem.ts';
import type { LocalServer } from './entry/server-entry.ts';

// The reader is loaded only when a file is read, because it contains the parsers, which are a quarter of all code. A
// host that uses only signed maps never reads a file.
const loadReader = lateModule('the reader of configuration files', () => import('./read-local-config.ts'));

/** One configuration file, and the result of its last read. */
export class LocalFile {
  readonly path: string;
  readonly #trusted: string | null;
  readonly #logger: Logger;
  readonly #now: () => number;
  #servers: readonly LocalServer[] = [];
  #problems: readonly ConfigProblem[] = [];
  #lastError: SwitchyardError | null = null;
  #readAt: number | null = null;

  /** Creates a reader of the file at `path`. If `trusted` is given, the file is used only if it has that digest. */
  constructor(
    path: string,
    { logger, now }: { readonly logger: Logger; readonly now: () => number },
    trusted: string | null = null,
  ) {
    this.path = path;
    this.#trusted = trusted;
    this.#logger = logger;
    this.#now = now;
  }

  /** Servers of the last successful read. */
  get servers(): readonly LocalServer[] {
    return this.#servers;
  }

  get problems(): readonly ConfigProblem[] {
    return this.#problems;
  }

  /** Error of the last read; null if the last read succeeded. */
  get lastError(): SwitchyardError | null {
    return this.#lastError;
  }

  /** Time of the last successful read, in epoch milliseconds; null before the first successful read. */
  get readAt(): number | null {
    return this.#readAt;
  }

  /** Reads the file. If reading fails, the previous content stays in use. Never rejects. */
  async read(): Promise<void> {
    try {
      const { readLocalConfig } = await loadReader();
      const { servers, problems, digest } = await readLocalConfig(this.path, process.env);
      if (this.#trusted !== null && digest !== this.#trusted) throw notTrusted(this.path);
      this.#tell(problems);
      this.#servers = servers;
      this.#lastError = null;
      this.#readAt = this.#now();
    } catch (error) {
      const coded = asSwitchyardError(error, 'CONFIG_INVALID');
      const isNews = this.#lastError?.message !== coded.message;
      this.#lastError = coded;
      if (this.#readAt === null || !isNews) return;
      this.#logger.error(
        { event: 'config-invalid', code: coded.code, err: coded },
        'Cannot read the configuration file; its previous content stays in use',
      );
    }
  }

  /** Logs each new problem. A problem that the previous read also found is not logged again. */
  #tell(problems: readonly ConfigProblem[]): void {
    const known = new Set(this.#problems.map(({ message }) => message));
    for (const { severity, place, line, column, message } of problems.filter((it) => !known.has(it.message))) {
      const fields = { event: 'config-problem', place, line, column };
      this.#logger[severity === 'error' ? 'error' : 'warn'](fields, `${this.path}:${line}:${column} ${message}`);
    }
    this.#problems = problems;
  }
}

function notTrusted(path: string): SwitchyardError {
  const message = `${path}, or a file that it names, has changed since you trusted it. Restart to review the change.`;
  return new SwitchyardError('CONFIG_INVALID', message, { detail: { source: path } });
}
