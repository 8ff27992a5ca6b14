import { DatabaseSync } from 'node:sqlite';
import { messageOf, SwitchyardError } from '../../shared/errors.ts';
import type { SourceNotes, StoredMap, StoredSource } from '../../shared/protocol/writer-messages.ts';
import type { ServerInfo } from '../../shared/servers/server-info.ts';
import type {
  KnownServers,
  MergeMode,
  ServerChange,
  ServerNews,
  ServerOutcome,
  SyncMode,
} from '../../shared/servers/server-records.ts';
import type { StoreNote } from '../../shared/servers/store-notes.ts';
import type { InStore } from '../../shared/tools/tool-records.ts';
import { exposureOf } from '../servers-file/file-trust.ts';
import { ServersFile } from '../servers-file/servers-file.ts';
import { createSchema, SCHEMA_VERSION, schemaVersionOf } from '../tables/schema.ts';
import { inTransaction, ServerTable } from '../tables/server-table.ts';
import { SourceTable } from '../tables/source-table.ts';
import { DamageError, isBusy } from '../tables/sqlite-errors.ts';
import { ToolTable } from '../tables/tool-table.ts';
import { chooseJournalMode, type JournalChoice, networkFileSystemOf } from './journal-mode.ts';
import { proveRecords } from './records-check.ts';
import { earlyMapOf, writeStartImage } from './start-image-file.ts';
import { createStoreFile, fileIdOf, storePath } from './store-files.ts';
import { assertOwnDatabase, assertSafeStore } from './store-identity.ts';
import { restore, type SavedRecords } from './store-salvage.ts';
import { readBrokenTail } from './write-ahead-log.ts';

type Tell = (note: StoreNote) => void;

/** The store on disk (SQLite, synchronous=FULL, WAL where safe). Each write is durable when its method returns. */
export class SqliteStore {
  readonly path: string;
  /** Identifies the file. If there is a file with another id at the same path, it is a different store. */
  readonly fileId: string | null;
  readonly #stateDir: string;
  readonly #database: DatabaseSync;
  readonly #files = new Map<string, ServersFile>();
  readonly #sources: SourceTable;
  #table: ServerTable | null = null;
  #toolTable: ToolTable | null = null;

  /**
   * Opens or creates the store in `stateDir`, and verifies its structure. Records are verified later, when they are
   * read. Throws STORE_TOO_NEW, STORE_UNSAFE, STORE_FOREIGN or STORE_UNAVAILABLE. The cause of STORE_UNAVAILABLE shows
   * whether the store is damaged (`isDamage`). Only tests set `journal`.
   */
  constructor(stateDir: string, tell: Tell = () => {}, journal: JournalChoice | null = null) {
    this.#stateDir = stateDir;
    try {
      assertSafeStore(stateDir);
      createStoreFile(stateDir);
      this.path = storePath(stateDir);
      this.fileId = fileIdOf(this.path);
      this.#database = new DatabaseSync(this.path);
    } catch (error) {
      throw error instanceof SwitchyardError ? error : unavailable(`Cannot open the store in ${stateDir}`, error);
    }
    try {
      this.#prepare(stateDir, tell, journal);
      this.#sources = new SourceTable(this.#database);
    } catch (error) {
      this.#database.close();
      throw error instanceof SwitchyardError ? error : unavailable(`Cannot use the store ${this.path}`, error);
    }
  }

  /** Whether the path of the store still leads to the file that is open. */
  isInPlace(): boolean {
    return fileIdOf(this.path) === this.fileId;
  }

  /**
   * Returns what is stored about a source. A body that fails its checksum counts as missing, but the minimum map time
   * (floor) stays valid.
   */
  readSource(storeKey: string, oldKeys: readonly string[] = []): StoredSource {
    return this.withSources((sources) => sources.read(storeKey, oldKeys));
  }

  /** Stores a map. It is durable once this returns. */
  saveMap(map: StoredMap, notes: SourceNotes): void {
    this.withSources((sources) => sources.save(map, notes));
  }

  /** Runs work on the table of sources. */
  withSources<T>(work: (sources: SourceTable) => T): T {
    return this.#guard('use the service maps', () => work(this.#sources));
  }

  /** Applies changes to the registry's servers in one commit. The changes are durable once this returns. */
  applyServers(changes: readonly ServerChange[]): void {
    this.#guard('write to the registry', () => this.#servers().apply(changes));
  }

  /**
   * Adds servers to the registry in one commit, and returns the outcome for each. They are durable once this returns.
   */
  mergeServers(servers: readonly ServerInfo[], mode: MergeMode): ServerOutcome[] {
    return this.#guard('write to the registry', () => this.#servers().merge(servers, mode));
  }

  /**
   * Returns the changes of the registry since `known`. First checks, reads or writes the file at `path`, depending on
   * `mode`.
   */
  syncServers(path: string, known: KnownServers, mode: SyncMode): ServerNews {
    return this.#guard('use the registry', () => {
      const table = this.#servers();
      const file = this.#files.get(path) ?? new ServersFile(path, this.#database, table);
      this.#files.set(path, file);
      const storeId = this.#id();
      const isReplaced = known.storeId !== null && (known.storeId !== storeId || known.revision > table.revision());
      const hasChanged = file.hasChanged();
      // Changes that only the caller has must reach a new store before the file is written.
      const isToBeWritten = mode === 'write' && !isReplaced;
      const isToBeRead = isReplaced || mode === 'read' || hasChanged;
      const problems = isToBeWritten ? file.write() : isToBeRead ? file.read() : [];
      const { rows, revision } = table.since(isReplaced ? 0 : known.revision);
      // This comparison takes time, so it is only made for a new caller or a missing file.
      const isFileBehind = (mode === 'read' || (isToBeRead && file.isGone())) && file.isBehind();
      return {
        known: { storeId, revision },
        isReplaced,
        changes: rows.map(({ name, info }) => ({ name, info })),
        problems,
        bad: file.bad(),
        isFileBehind,
      };
    });
  }

  /** Verifies all checksums but those of map bodies, because a damaged body merely counts as missing. */
  prove(): void {
    this.#guard('verify the records', () => {
      const lost = proveRecords(this.#database).damaged.filter(({ isWaitedFor }) => !isWaitedFor);
      if (lost.length > 0) throw new DamageError(lost.map(({ message }) => message).join('; '));
    });
  }

  /** Adds the records that were recovered from a damaged store. They are durable once this returns. */
  restore(saved: SavedRecords): void {
    this.#guard('restore the records', () => {
      // Creates the tables that may be missing.
      this.#servers();
      this.#tools();
      inTransaction(this.#database, () => restore(this.#database, saved));
    });
  }

  /** Runs `work` on the tools of connectors. Does nothing if `storeId` is the id of another store. */
  withTools<T>(storeId: string | null, work: (tools: ToolTable) => T): InStore<T> {
    return this.#guard('use the tools', () => {
      const own = `${this.#id()}@${this.fileId}`;
      // The id from a start image lacks the file id, because the image may have been copied with its store.
      const isMeant = storeId === null || storeId === own || own.startsWith(`${storeId}@`);
      return { storeId: own, value: isMeant ? work(this.#tools()) : null };
    });
  }

  /** Writes a scope's start image for a fast start, with the maps of these sources and the connectors' tools. */
  writeStartImage(scope: string, storeKeys: readonly string[]): void {
    this.#guard('write the start image', () => {
      const maps = storeKeys.flatMap((storeKey) => earlyMapOf(this.readSource(storeKey)));
      writeStartImage(this.#stateDir, { scope, storeId: this.#id(), maps, table: this.#tools() });
    });
  }

  close(): void {
    this.#database.close();
  }

  #id(): string {
    return this.#first<{ id: string }>('SELECT id FROM store').id;
  }

  #tools(): ToolTable {
    this.#toolTable ??= new ToolTable(this.#database);
    return this.#toolTable;
  }

  #servers(): ServerTable {
    this.#table ??= new ServerTable(this.#database);
    return this.#table;
  }

  #guard<T>(what: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof SwitchyardError) throw error;
      throw unavailable(`Cannot ${what} in the store ${this.path}`, error);
    }
  }

  #prepare(stateDir: string, tell: Tell, journal: JournalChoice | null): void {
    this.#database.exec('PRAGMA busy_timeout = 5000; PRAGMA synchronous = FULL');
    // The check is repeated, because the file may have been replaced. Nothing has been written yet.
    assertSafeStore(stateDir);
    assertOwnDatabase(this.#database, this.path);
    const exposure = exposureOf(stateDir);
    if (exposure !== null) tell({ kind: 'exposed', folder: stateDir, exposure });
    const note = this.#setJournalMode(stateDir, journal);
    if (note !== null) tell(note);
    inTransaction(this.#database, () => {
      // The log must be read before another process overwrites it.
      const tail = readBrokenTail(`${this.path}-wal`);
      if (tail.pages > 0) tell({ kind: 'log-cut', ...tail });
      const version = schemaVersionOf(this.#database);
      if (version > SCHEMA_VERSION) {
        throw new SwitchyardError(
          'STORE_TOO_NEW',
          `The store ${this.path} has format ${version}, but this version reads formats up to ${SCHEMA_VERSION}.`,
        );
      }
      if (version < SCHEMA_VERSION) createSchema(this.#database);
    });
    const { integrity_check: verdict } = this.#first<{ integrity_check: string }>('PRAGMA integrity_check(1)');
    if (verdict !== 'ok') throw new DamageError(verdict);
    // The file at the path may have been replaced while it was opened.
    if (!this.isInPlace()) throw new Error('another process has just replaced it');
  }

  /**
   * Sets the journal mode that fits the file system. If another process has the store open in another mode, that mode
   * stays.
   */
  #setJournalMode(stateDir: string, given: JournalChoice | null): StoreNote | null {
    const { version } = this.#first<{ version: string }>('SELECT sqlite_version() AS version');
    const { mode, reason } = given ?? chooseJournalMode(version, networkFileSystemOf(stateDir));
    try {
      this.#database.exec(`PRAGMA journal_mode = ${mode}`);
    } catch (error) {
      if (!isBusy(error)) throw error;
    }
    const { journal_mode: taken } = this.#first<{ journal_mode: string }>('PRAGMA journal_mode');
    return reason === null ? null : { kind: 'journal-mode', mode: taken, reason };
  }

  #first<T>(sql: string): T {
    return this.#database.prepare(sql).get() as T;
  }
}

function unavailable(what: string, cause: unknown): SwitchyardError {
  return new SwitchyardError('STORE_UNAVAILABLE', `${what}: ${messageOf(cause)}`, { cause });
}
