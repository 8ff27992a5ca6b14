import { dirname } from 'node:path';
import { monotonicMs, settledWithin, startTimer, type Timer } from '../../shared/clock.ts';
import { asSwitchyardError, SwitchyardError } from '../../shared/errors.ts';
import type { ServerInfo } from '../../shared/servers/server-info.ts';
import type {
  BadPlace,
  KnownServers,
  ServerChange,
  ServerNews,
  SyncMode,
} from '../../shared/servers/server-records.ts';
import { recordRegistryFlush } from '../observability/instruments.ts';
import { type Logger, silentLogger } from '../observability/logger.ts';
import { observeRegistry } from '../observability/observed-gauges.ts';
import { GroupCommit } from '../writer/group-commit.ts';
import { WriterClient } from '../writer/writer-client.ts';
import { FlushSchedule } from './flush-schedule.ts';
import { OwnChanges } from './own-changes.ts';
import { reportBad, reportNews } from './report-news.ts';
import { ServerMap } from './server-map.ts';
import { storableServer } from './storable-server.ts';

/** Options of a `RegistryMemoryCache`. */
export interface RegistryMemoryCacheOptions {
  /** Path of the file `servers.json`. The SQLite store is in the same folder. */
  readonly registryPath: string;
  /** Time from a change until the file is written, in milliseconds. Defaults to 5 000. */
  readonly flushIntervalMs?: number | undefined;
  readonly logger?: Logger | undefined;
}

const FLUSH_INTERVAL_MS = 5_000;

/** How long `close()` waits until pending changes are written. */
const CLOSE_FLUSH_MS = 5_000;

/** Interval at which the store and the file are checked for changes by other processes. */
const LOOK_MS = 500;

/**
 * The servers of a registry, in memory. Changes by this process are visible immediately, and changes by other processes
 * within a second. The source of truth is a SQLite store next to the file `servers.json`. A separate thread owns the
 * store. The file is updated from the store, and changes that people or other programs make to the file are added to
 * the store. Several processes may use the same registry.
 */
export class RegistryMemoryCache implements AsyncDisposable {
  readonly #path: string;
  readonly #logger: Logger;
  readonly #writer: WriterClient;
  readonly #commits: GroupCommit;
  readonly #map: ServerMap;
  readonly #own = new OwnChanges();
  #known: KnownServers = { storeId: null, revision: 0 };
  #bad: readonly BadPlace[] = [];
  #initialised: Promise<void> | null = null;
  #lookTimer: Timer | null = null;
  readonly #schedule: FlushSchedule;
  #stopObserving: (() => void) | null = null;
  #closing: Promise<void> | null = null;

  constructor({ registryPath, flushIntervalMs, logger }: RegistryMemoryCacheOptions) {
    this.#path = registryPath;
    this.#logger = logger ?? silentLogger;
    this.#map = new ServerMap(this.#logger);
    this.#writer = new WriterClient(dirname(registryPath), { logger: this.#logger });
    this.#commits = new GroupCommit((changes) => this.#writer.applyServers(changes), this.#logger);
    this.#schedule = new FlushSchedule({
      intervalMs: flushIntervalMs ?? FLUSH_INTERVAL_MS,
      flush: () => void this.#flushNow(),
      finish: () => this.#writer.finish(this.#commits.pending(), this.#path, this.#known),
    });
  }

  /**
   * Reads the store and the file. Rejects with STORE_UNAVAILABLE or STORE_TOO_NEW; callers may then retry. Idempotent.
   */
  init(): Promise<void> {
    this.#observe();
    this.#initialised ??= this.#sync('read').then(
      () => this.#lookLater(),
      (error: unknown) => {
        this.#initialised = null;
        throw error;
      },
    );
    return this.#initialised;
  }

  /** Returns all servers, in the order in which they were added. Never accesses the disk. */
  getAll(): ServerInfo[] {
    return [...this.#map.servers.values()];
  }

  /** Invalid entries of the file, as last reported by any process that uses this registry. */
  get badServers(): readonly BadPlace[] {
    return this.#bad;
  }

  /**
   * Calls `listener` after each change, until the returned function is called. Unchanged servers stay the same objects.
   */
  onChange(listener: () => void): () => void {
    return this.#map.onChange(listener);
  }

  /** Checks for changes by other processes now, and not only after the interval. Rejects with STORE_UNAVAILABLE. */
  refresh(): Promise<void> {
    return this.#sync('look');
  }

  /**
   * Adds or replaces a server, which is visible immediately. Resolves when it is durable. Rejects with OPTIONS_INVALID,
   * or with STORE_UNAVAILABLE; the server then stays visible and the write is retried. The promise need not be awaited.
   */
  upsert(info: ServerInfo): Promise<void> {
    return this.upsertMany([info]);
  }

  /** Adds or replaces several servers in one commit. If one server is invalid, all of them are rejected. */
  upsertMany(infos: readonly ServerInfo[]): Promise<void> {
    const durable = this.#upsert(infos);
    durable.catch(() => {});
    return durable;
  }

  /**
   * Removes a server. Returns whether it existed. The removal is durable once `flush()` or `durable()` has resolved.
   */
  remove(name: string): boolean {
    this.#assertOpen();
    const wasThere = this.#map.servers.has(name);
    if (wasThere) void this.#change([{ name, info: null }]).catch(() => {});
    return wasThere;
  }

  /** Resolves when all changes so far are durable. Rejects with STORE_UNAVAILABLE. */
  durable(): Promise<void> {
    return this.#commits.settled();
  }

  /** Resolves when all changes so far are durable and in the file. Rejects with STORE_UNAVAILABLE. */
  async flush(): Promise<void> {
    this.#schedule.begin();
    const startedMs = monotonicMs();
    try {
      await this.durable();
      this.#schedule.writing();
      await this.#sync('write');
      this.#schedule.written();
      recordRegistryFlush(monotonicMs() - startedMs, 'ok');
    } catch (error) {
      recordRegistryFlush(monotonicMs() - startedMs, 'error');
      this.#schedule.failed();
      throw error;
    }
  }

  /** Writes all changes and closes the registry. Idempotent. Never rejects, but logs changes that cannot be written. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #upsert(infos: readonly ServerInfo[]): Promise<void> {
    this.#assertOpen();
    await this.#change(infos.map(storableServer).map((info) => ({ name: info.name, info })));
  }

  #change(changes: readonly ServerChange[]): Promise<void> {
    const durable = this.#commit(changes);
    this.#map.apply(changes);
    return durable;
  }

  #commit(changes: readonly ServerChange[]): Promise<void> {
    this.#observe();
    this.#own.note(changes);
    this.#schedule.changed();
    return this.#commits.add(changes);
  }

  /** Applies changes by other processes, except to servers for which this process has unstored changes. */
  async #sync(mode: SyncMode): Promise<void> {
    const news: ServerNews = await this.#writer.syncServers(this.#path, this.#known, mode);
    this.#known = news.known;
    const missing = news.isReplaced ? this.#own.missingIn(news.changes, this.#map.servers) : [];
    if (missing.length > 0) void this.#commit(missing).catch(() => {});
    this.#map.apply(news.changes.filter(({ name }) => !this.#commits.isPending(name)));
    reportNews(news, this.#path, this.#logger);
    reportBad(news.bad, this.#bad, this.#path, this.#logger);
    this.#bad = news.bad;
    if (news.isReplaced && mode === 'write') {
      await this.durable();
      return this.#sync(mode);
    }
    // The process that made the last change ended before it wrote the file, so this process writes it.
    if (news.isFileBehind) this.#schedule.changed();
  }

  #lookLater(): void {
    if (this.#closing !== null) return;
    this.#lookTimer = startTimer(LOOK_MS, () => {
      // After a failed check, the next one reports the same changes. The process that writes logs disk errors.
      void this.#sync('look').then(
        () => this.#lookLater(),
        () => this.#lookLater(),
      );
    });
  }

  #observe(): void {
    this.#stopObserving ??= observeRegistry(() => ({
      queueLength: this.#commits.pending().length,
      behindMs: this.#schedule.behindMs() ?? 0,
    }));
  }

  async #flushNow(): Promise<void> {
    try {
      await this.flush();
    } catch (error) {
      const coded = asSwitchyardError(error, 'STORE_UNAVAILABLE');
      this.#logger.error({ event: 'registry-flush-failed', code: coded.code, err: coded }, coded.message);
    }
  }

  async #close(): Promise<void> {
    this.#lookTimer?.cancel();
    if (this.#schedule.behindMs() !== null) await settledWithin(this.#flushNow(), CLOSE_FLUSH_MS);
    this.#schedule.stop();
    this.#commits.stop();
    const lost = this.#commits.pending();
    if (lost.length > 0) {
      const fields = { event: 'registry-closed-early', code: 'STORE_UNAVAILABLE', changes: lost.length };
      this.#logger.error(fields, `The registry is closed, but ${lost.length} changes could not be written to the disk`);
    }
    this.#stopObserving?.();
    await this.#writer.close();
  }

  #assertOpen(): void {
    if (this.#closing !== null) throw new SwitchyardError('CLOSED', 'The registry was closed.');
  }
}
