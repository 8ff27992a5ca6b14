import { hash } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { codeOf, messageOf, SwitchyardError } from '../shared/errors.ts';
import type { StoredMap, StoredSource } from '../shared/protocol.ts';
import type { ServerChange, ServerNews, SyncMode } from '../shared/server-records.ts';
import { ServerTable } from './server-table.ts';
import { ServersFile } from './servers-file.ts';
import { writeStartImage } from './start-image-file.ts';
import { ToolTable } from './tool-table.ts';

const STORE_FILE = 'switchyard.db';

/** Raised with every change of the tables; a store with a higher one is left alone. */
const SCHEMA_VERSION = 3;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS source (
    source_id TEXT PRIMARY KEY,
    floor_ms INTEGER NOT NULL,
    generated_at_ms INTEGER NOT NULL,
    saved_at_ms INTEGER NOT NULL,
    etag TEXT,
    body BLOB NOT NULL,
    body_sha256 TEXT NOT NULL
  ) STRICT;
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/** A map of the same or a later instant replaces the stored one; the floor never sinks, whoever writes. */
const SAVE = `
  INSERT INTO source (source_id, floor_ms, generated_at_ms, saved_at_ms, etag, body, body_sha256)
  VALUES (:sourceId, :generatedAtMs, :generatedAtMs, :savedAtMs, :etag, :body, :bodySha256)
  ON CONFLICT (source_id) DO UPDATE SET
    floor_ms = max(floor_ms, excluded.floor_ms),
    generated_at_ms = excluded.generated_at_ms,
    saved_at_ms = excluded.saved_at_ms,
    etag = excluded.etag,
    body = excluded.body,
    body_sha256 = excluded.body_sha256
  WHERE excluded.generated_at_ms >= source.generated_at_ms
`;

interface SourceRow {
  readonly floor_ms: number;
  readonly generated_at_ms: number;
  readonly saved_at_ms: number;
  readonly etag: string | null;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly body_sha256: string;
}

/** The store on disk: SQLite in WAL mode with synchronous=FULL, so that what is answered is durable. */
export class RegistryStore {
  readonly path: string;
  readonly #stateDir: string;
  readonly #database: DatabaseSync;
  readonly #files = new Map<string, ServersFile>();
  #table: ServerTable | null = null;
  #toolTable: ToolTable | null = null;

  /** Opens or creates the store in `stateDir`. Throws STORE_UNAVAILABLE or STORE_TOO_NEW. */
  constructor(stateDir: string) {
    this.path = join(stateDir, STORE_FILE);
    this.#stateDir = stateDir;
    try {
      makeFolder(stateDir);
      createPrivately(this.path);
      this.#database = new DatabaseSync(this.path);
    } catch (error) {
      throw unavailable(`Cannot open the store ${this.path}`, error);
    }
    try {
      this.#prepare();
    } catch (error) {
      this.#database.close();
      throw error instanceof SwitchyardError ? error : unavailable(`Cannot use the store ${this.path}`, error);
    }
  }

  /** What is known of a source. A record that does not match its checksum counts as none; its floor still holds. */
  readSource(sourceId: string): StoredSource {
    const row = this.#database.prepare('SELECT * FROM source WHERE source_id = ?').get(sourceId) as
      | SourceRow
      | undefined;
    if (row === undefined) return { floorMs: null, map: null, isDamaged: false };
    if (hash('sha256', row.body) !== row.body_sha256) return { floorMs: row.floor_ms, map: null, isDamaged: true };
    const map = {
      sourceId,
      etag: row.etag,
      body: new Uint8Array(row.body),
      generatedAtMs: row.generated_at_ms,
      savedAtMs: row.saved_at_ms,
    };
    return { floorMs: row.floor_ms, map, isDamaged: false };
  }

  /** Durable once this returns. */
  saveMap(map: StoredMap): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      this.#database.prepare(SAVE).run({ ...map, bodySha256: hash('sha256', map.body) });
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw unavailable(`Cannot write to the store ${this.path}`, error);
    }
  }

  /** Makes changes of the registry's servers in one commit. Durable once this returns. */
  applyServers(changes: readonly ServerChange[]): void {
    this.#guard('write to the registry', () => this.#servers().apply(changes));
  }

  /** What is new in the registry after `revision`, its file at `path` looked at, read or written as `mode` says. */
  syncServers(path: string, revision: number, mode: SyncMode): ServerNews {
    return this.#guard('use the registry', () => {
      const table = this.#servers();
      const file = this.#files.get(path) ?? new ServersFile(path, this.#database, table);
      this.#files.set(path, file);
      const hasChanged = file.hasChanged();
      const problems = mode === 'write' ? file.write() : mode === 'read' || hasChanged ? file.read() : [];
      const { rows, damaged, revision: now } = table.since(revision);
      // Worth its cost only where somebody begins.
      const isFileBehind = mode === 'read' && file.isBehind();
      return { revision: now, changes: rows, damaged, problems, isFileBehind };
    });
  }

  /** Does something with the connectors' tools. */
  withTools<T>(work: (tools: ToolTable) => T): T {
    return this.#guard('use the tools', () => work(this.#tools()));
  }

  /** Writes what the next start of `scope` needs first: the maps of these sources and the connectors' tools. */
  writeStartImage(scope: string, sourceIds: readonly string[]): void {
    this.#guard('write the start image', () => {
      const maps = sourceIds.flatMap((sourceId) => this.readSource(sourceId).map ?? []);
      writeStartImage(this.#stateDir, scope, maps, this.#tools());
    });
  }

  close(): void {
    this.#database.close();
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
      throw unavailable(`Cannot ${what} in the store ${this.path}`, error);
    }
  }

  #prepare(): void {
    this.#database.exec('PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    const { user_version: version } = this.#database.prepare('PRAGMA user_version').get() as { user_version: number };
    if (version > SCHEMA_VERSION) {
      throw new SwitchyardError(
        'STORE_TOO_NEW',
        `The store ${this.path} has format ${version}; this version reads up to ${SCHEMA_VERSION}.`,
      );
    }
    this.#database.exec(SCHEMA);
  }
}

/** Creates a folder of its owner alone, and those above it. `recursive` would spin for ever where none can be made, as below /proc. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, 0o700);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return;
    if (codeOf(error) !== 'ENOENT' || dirname(path) === path || existsSync(dirname(path))) throw error;
    makeFolder(dirname(path));
    mkdirSync(path, 0o700);
  }
}

/**
 * Creates the file readable by its owner alone; SQLite gives its side files the same mode. Only ever creates: closing any
 * descriptor of an existing database would drop the locks that another connection of this process holds on it.
 */
function createPrivately(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

function unavailable(what: string, cause: unknown): SwitchyardError {
  return new SwitchyardError('STORE_UNAVAILABLE', `${what}: ${messageOf(cause)}`, { cause });
}
