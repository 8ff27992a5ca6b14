import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { ServerInfo } from '../shared/server-info.ts';
import type { FileProblem, ServerChange } from '../shared/server-records.ts';
import { readIfThere, removeTemporaries, replaceFile, setAside } from './atomic-file.ts';
import { columnsOf, provenRows, type SealedTable, sealOf, selectSealed } from './seal.ts';
import { digestOf, inTransaction, type ServerTable } from './server-table.ts';
import { type BadServer, formatServers, parseServers, type ServersDocument } from './servers-document.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS servers_file (
    path TEXT PRIMARY KEY,
    sha256 TEXT,
    pending_sha256 TEXT,
    bad TEXT NOT NULL,
    rest TEXT NOT NULL,
    seal INTEGER NOT NULL
  ) STRICT;
`;

const GONE = { mtimeNs: 0n, size: 0n, ino: 0n };

const MAX_BYTES = 64 * 1024 * 1024;

const FILES: SealedTable = {
  name: 'servers_file',
  sealed: ['path', 'sha256', 'pending_sha256', 'bad', 'rest'],
  rest: [],
};

type Row = readonly [string, string | null, string | null, string, string];

/** What a file was when it was last read or written. */
interface KnownFile {
  readonly sha256: string | null;
  /** What somebody was about to make of it. */
  readonly pendingSha256: string | null;
  readonly bad: string;
  readonly rest: string;
}

/** What a file is to become. */
interface Plan {
  readonly text: string;
  readonly sha256: string;
  readonly document: ServersDocument;
  /** Of the table that it was made of. */
  readonly revision: number;
}

/** How often others may come in between before a write is given up. */
const MAX_TRIES = 20;

/**
 * Keeps a `servers.json` and the table in step. The table is the truth; the file is what people and other programs know, so what they change in it counts too:
 * each entry is compared with what it was when the two last agreed. All of it holds the store's write lock, so of several processes none writes an older
 * state over a newer.
 */
export class ServersFile {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #table: ServerTable;
  #seen = '';

  constructor(path: string, database: DatabaseSync, table: ServerTable) {
    this.#path = path;
    this.#database = database;
    this.#table = table;
    database.exec(SCHEMA);
  }

  /** Whether the file is another one, or was written, since this was last asked. */
  hasChanged(): boolean {
    const { mtimeNs, size, ino } = statSync(this.#path, { bigint: true, throwIfNoEntry: false }) ?? GONE;
    const seen = `${mtimeNs} ${size} ${ino}`;
    const hasChanged = seen !== this.#seen;
    this.#seen = seen;
    return hasChanged;
  }

  /** Takes over what was changed in the file since the two last agreed. Throws what disk and store throw. */
  read(): readonly FileProblem[] {
    return inTransaction(this.#database, () => {
      // Whoever left them was killed: nobody else writes the file now.
      removeTemporaries(this.#path);
      return this.#read();
    });
  }

  /** Takes over what was changed in the file, then writes the file where it says something else than the table. */
  write(): readonly FileProblem[] {
    const problems: FileProblem[] = [];
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const plan = inTransaction(this.#database, () => {
        problems.push(...this.#read());
        return this.#plan();
      });
      if (plan === null || inTransaction(this.#database, () => this.#carryOut(plan))) return problems;
    }
    throw new Error(`other processes keep writing ${this.#path}`);
  }

  /** Whether the file says something else than the table, as after a process that was killed before it wrote it. */
  isBehind(): boolean {
    const { text, sha256, document } = this.#wanted();
    return digestOf(text) !== sha256 && (sha256 !== null || document.servers.length > 0);
  }

  /**
   * Notes what the file is about to become; null where it says that already. This is durable before the file is touched: who is killed between writing it and
   * noting so must not leave a file behind that looks as if somebody had edited it, and would win over what was changed since.
   */
  #plan(): Plan | null {
    const { text, sha256, document } = this.#wanted();
    const pendingSha256 = digestOf(text);
    if (pendingSha256 === sha256) return null;
    this.#remember({ sha256, pendingSha256 }, document);
    return { text, sha256: pendingSha256, document, revision: this.#table.revision() };
  }

  /** Writes the file, unless somebody planned something else meanwhile; whether it did. */
  #carryOut({ text, sha256, document, revision }: Plan): boolean {
    if (this.#known().pendingSha256 !== sha256) return false;
    replaceFile(this.#path, text);
    this.#remember({ sha256, pendingSha256: null }, document);
    // What was changed since the plan comes into the file with the next one.
    if (this.#table.revision() === revision) this.#table.agreeWithFile();
    else this.#agreeOn(document);
    return true;
  }

  /** What the file should say, and the checksum of what it is known to say. */
  #wanted(): Omit<Plan, 'sha256' | 'revision'> & Pick<KnownFile, 'sha256'> {
    const known = this.#known();
    const bad = JSON.parse(known.bad) as BadServer[];
    const rest = JSON.parse(known.rest) as ServersDocument['rest'];
    const document = { servers: this.#servers(bad), bad, rest };
    return { text: formatServers(document), sha256: known.sha256, document };
  }

  #read(): readonly FileProblem[] {
    const text = readIfThere(this.#path, MAX_BYTES);
    const known = this.#known();
    // A file that is gone says nothing: it is written again.
    if (text === null && known.sha256 !== null) this.#forget();
    if (text === null || digestOf(text) === known.sha256) return [];
    const parsed = parseServers(text);
    if (parsed.kind === 'unreadable') {
      const backup = setAside(this.#path);
      this.#forget();
      return [{ kind: 'set-aside', backup, reason: parsed.reason }];
    }
    const sha256 = digestOf(text);
    // As one of us left it who was killed: nobody edited it.
    const changes = sha256 === known.pendingSha256 ? [] : this.#merge(parsed.document);
    this.#agreeOn(parsed.document);
    this.#remember({ sha256, pendingSha256: null }, parsed.document);
    const problems: FileProblem[] = parsed.document.bad.map(({ place, reason }) => ({
      kind: 'bad-server',
      place,
      reason,
    }));
    if (changes.length > 0) problems.push({ kind: 'taken-over', ...namesOf(changes) });
    return problems;
  }

  /** Three ways: what the file says, what the table says, and what both said when they last agreed. */
  #merge({ servers, bad }: ServersDocument): readonly ServerChange[] {
    const rows = this.#table.all();
    const byName = new Map(rows.map((row) => [row.name, row]));
    const changes: ServerChange[] = [];
    for (const info of servers) {
      const row = byName.get(info.name);
      const said = digestOf(JSON.stringify(info));
      // As it was when the two agreed: what the table says since is newer.
      if (row === undefined || (said !== row.fileSha256 && said !== row.sha256))
        changes.push({ name: info.name, info });
    }
    const kept = new Set([...servers.map(({ name }) => name), ...bad.map(({ value }) => nameOf(value))]);
    for (const { name, info, sha256, fileSha256 } of rows) {
      const wasTakenOut = fileSha256 !== null && info !== null && !kept.has(name);
      if (wasTakenOut && sha256 === fileSha256) changes.push({ name, info: null });
    }
    this.#table.applyWithin(changes);
    return changes;
  }

  #agreeOn({ servers }: ServersDocument): void {
    this.#table.agreeOn(servers.map((info) => [info.name, digestOf(JSON.stringify(info))]));
  }

  /** Those of the table, but for those that a bad entry of the file stands for. */
  #servers(bad: readonly BadServer[]): ServerInfo[] {
    const named = new Set(bad.map(({ value }) => nameOf(value)));
    return this.#table.since(0).rows.flatMap(({ name, info }) => (info === null || named.has(name) ? [] : [info]));
  }

  #known(): KnownFile {
    const rows = provenRows(FILES, selectSealed(this.#database, FILES, 'WHERE path = ?').all(this.#path));
    const row = (rows[0] as unknown as Row | undefined) ?? ['', null, null, '[]', '{}'];
    const [, sha256, pendingSha256, bad, rest] = row;
    return { sha256, pendingSha256, bad, rest };
  }

  #remember(digests: Pick<KnownFile, 'sha256' | 'pendingSha256'>, { bad, rest }: ServersDocument): void {
    const sealed = [this.#path, digests.sha256, digests.pendingSha256, JSON.stringify(bad), JSON.stringify(rest)];
    const sql = `INSERT OR REPLACE INTO servers_file (${columnsOf(FILES)}) VALUES (?, ?, ?, ?, ?, ?)`;
    this.#database.prepare(sql).run(...sealed, sealOf(sealed));
  }

  /** The file no longer says anything: what it said is kept in the table alone. */
  #forget(): void {
    this.#database.prepare('DELETE FROM servers_file WHERE path = ?').run(this.#path);
    this.#table.agreeOn([]);
  }
}

function nameOf(value: unknown): string | null {
  const name = typeof value === 'object' && value !== null && 'name' in value ? value.name : null;
  return typeof name === 'string' ? name : null;
}

function namesOf(changes: readonly ServerChange[]): { readonly put: string[]; readonly removed: string[] } {
  const { put = [], removed = [] } = Object.groupBy(changes, ({ info }) => (info === null ? 'removed' : 'put'));
  return { put: put.map(({ name }) => name), removed: removed.map(({ name }) => name) };
}
