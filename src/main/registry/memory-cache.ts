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
  /** Path of `servers.json`. The store is next to it. */
  readonly registryPath: string;
  /** Delay between a change and the write of the file, in milliseconds. Defaults to 5 000. */
  readonly flushIntervalMs?: number | undefined;
  readonly logger?: Logger | undefined;
}

const FLUSH_INTERVAL_MS = 5_000;

/** How long closing waits for the disk to write pending changes. */
const CLOSE_FLUSH_MS = 5_000;

/** Interval between checks of the store and the file for changes of other processes. */
const LOOK_MS = 500;

/**
 * Keeps the servers of a registry in memory. Changes of this process are visible at once, and changes of other
 * processes within a second. The source of truth is a SQLite store next to the file, owned by its own thread.
 * `servers.json` follows the store, and changes that people or other programs make to the file are taken over. Several
 * processes may have the same registry open.
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
   * Reads the store and the file. Rejects with STORE_UNAVAILABLE or STORE_TOO_NEW, and can then be retried. Idempotent.
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

  /** Invalid entries of the file, as last read by any process that has this registry open. */
  get badServers(): readonly BadPlace[] {
    return this.#bad;
  }

  /**
   * Calls back after servers were added, removed or changed by any process. The returned function ends these calls. A
   * server that did not change stays the same object.
   */
  onChange(listener: () => void): () => void {
    return this.#map.onChange(listener);
  }

  /**
   * Checks for changes of other processes now, without waiting for the next interval. Rejects with STORE_UNAVAILABLE.
   */
  refresh(): Promise<void> {
    return this.#sync('look');
  }

  /**
   * Adds or replaces a server, visible at once. Resolves when it is durable. Rejects with OPTIONS_INVALID or
   * STORE_UNAVAILABLE. After STORE_UNAVAILABLE, the server stays visible and the write is retried. The promise need not
   * be awaited.
   */
  upsert(info: ServerInfo): Promise<void> {
    return this.upsertMany([info]);
  }

  /** Adds or replaces several servers in one commit. One invalid server rejects them all. */
  upsertMany(infos: readonly ServerInfo[]): Promise<void> {
    const durable = this.#upsert(infos);
    durable.catch(() => {});
    return durable;
  }

  /** Removes a server. Returns whether there was such a server. The removal is durable after `flush()`. */
  remove(name: string): boolean {
    this.#assertOpen();
    const wasThere = this.#map.servers.has(name);
    if (wasThere) void this.#change([{ name, info: null }]).catch(() => {});
    return wasThere;
  }

  /** Resolves when every change made so far is durable. Rejects with STORE_UNAVAILABLE. */
  durable(): Promise<void> {
    return this.#commits.settled();
  }

  /** Resolves when every change made so far is durable and written to the file. Rejects with STORE_UNAVAILABLE. */
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

  /** Flushes, then releases everything. Never rejects: changes that cannot be written are logged. Idempotent. */
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

  /** Takes over changes of other processes, except for servers that this process has changed and not stored yet. */
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
    // The process that made the last change was killed before it wrote the file.
    if (news.isFileBehind) this.#schedule.changed();
  }

  #lookLater(): void {
    if (this.#closing !== null) return;
    this.#lookTimer = startTimer(LOOK_MS, () => {
      // The next check reports the same news, and the process that writes reports disk errors.
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
