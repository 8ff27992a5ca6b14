import type { DatabaseSync } from 'node:sqlite';
import type { BadPlace, FileProblem, ServerChange } from '../../shared/servers/server-records.ts';
import { digestOf, inTransaction, type ServerTable } from '../tables/server-table.ts';
import { readIfThere, removeTemporaries, replaceDurably, setAside } from './durable-file.ts';
import { isJustWritten, sizeOf, stampOf } from './file-state.ts';
import { assertTrustedFile } from './file-trust.ts';
import { type KnownFile, KnownFiles } from './known-files.ts';
import { type BadServer, parseServers, type ServersDocument } from './servers-document.ts';
import { ServersText } from './servers-text.ts';

/** Maximum file size. A larger file is neither written nor read. */
export const MAX_BYTES = 64 * 1024 * 1024;

/** The content that is to be written to a file, made from the table at a revision. */
interface Plan {
  readonly bytes: Buffer;
  readonly digest: string;
  readonly revision: number;
}

/** A write fails after this many attempts, if other processes keep changing the file. */
const MAX_TRIES = 20;

/** Pause between two attempts. All pauses together are longer than another program takes to write the file. */
const PAUSE_MS = 150;

/**
 * Synchronises a `servers.json` with the table of servers. The table takes precedence. Users and other programs edit
 * the file, so each entry is compared with its state when file and table last had the same content. All methods run
 * under the write lock of the store, so that no process overwrites a newer state with an older one.
 */
export class ServersFile {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #table: ServerTable;
  readonly #files: KnownFiles;
  #text: ServersText;
  /** The file is known to match the table up to this revision; null if nothing is known. */
  #agreedRevision: number | null = null;
  #seen = '';
  /** State of the file just before it was last read, as `stampOf` returns it. */
  #readStamp = '';

  constructor(path: string, database: DatabaseSync, table: ServerTable) {
    this.#path = path;
    this.#database = database;
    this.#table = table;
    this.#text = new ServersText(table);
    this.#files = new KnownFiles(database);
  }

  /** Whether the file was written or replaced since the previous call. */
  hasChanged(): boolean {
    const seen = stampOf(this.#path);
    const hasChanged = seen !== this.#seen;
    this.#seen = seen;
    return hasChanged;
  }

  /**
   * Applies the changes that were made in the file since file and table last had the same content. Throws errors of the
   * disk and the store.
   */
  read(): readonly FileProblem[] {
    return this.#locked(() => {
      // These files belong to processes that were killed, because no other process writes the file while this one has
      // the lock.
      removeTemporaries(this.#path);
      return this.#read() ?? [];
    });
  }

  /**
   * Applies the changes that were made in the file, then writes the file if it differs from the table. Waits while
   * another program is writing the file.
   */
  write(): readonly FileProblem[] {
    const problems: FileProblem[] = [];
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const plan = this.#locked(() => {
        const found = this.#read();
        problems.push(...(found ?? []));
        return found === null ? 'half-written' : this.#plan();
      });
      if (plan === 'half-written') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
      else if (plan === null || this.#locked(() => this.#carryOut(plan))) return problems;
    }
    throw new Error(`${this.#path} could not be written, because other processes keep changing it`);
  }

  /** Returns the invalid entries that the file had when it was last read. */
  bad(): readonly BadPlace[] {
    return (JSON.parse(this.#files.of(this.#path).bad) as BadServer[]).map(({ place, reason }) => ({ place, reason }));
  }

  /** Whether the file is missing or unusable. */
  isGone(): boolean {
    return this.#files.of(this.#path).sha256 === null;
  }

  /** Whether the file differs from the table, for example because a process was killed before it wrote the file. */
  isBehind(): boolean {
    const { digest, known } = this.#wanted();
    return digest !== known.sha256 && (known.sha256 !== null || !this.#text.isEmpty);
  }

  /**
   * Runs `work` under the write lock of the store. If `work` throws, the transaction is rolled back, and everything
   * cached is dropped.
   */
  #locked<T>(work: () => T): T {
    try {
      assertTrustedFile(this.#path, { mayBeLink: true, mayBeOther: true });
      return inTransaction(this.#database, work);
    } catch (error) {
      this.#seen = '';
      this.#text = new ServersText(this.#table);
      this.#agreedRevision = null;
      throw error;
    }
  }

  /**
   * Records the content that is about to be written. Returns null if the file already has it. The record is on disk
   * before the file is written. Otherwise, if the process were killed in between, the file would look as if a user had
   * edited it.
   */
  #plan(): Plan | null {
    const { bytes, digest, known } = this.#wanted();
    if (digest === known.sha256) return null;
    if (bytes.length > MAX_BYTES)
      throw new Error(`${this.#path} was not written, as it would be larger than ${MAX_BYTES} bytes. Remove servers`);
    this.#files.remember(this.#path, { ...known, pendingSha256: digest });
    return { bytes, digest, revision: this.#table.revision() };
  }

  /** Writes the file, unless another plan replaced this one or the file was edited. Returns whether it was written. */
  #carryOut({ bytes, digest, revision }: Plan): boolean {
    const known = this.#files.of(this.#path);
    if (known.pendingSha256 !== digest) return false;
    if (!replaceDurably(this.#path, bytes, () => stampOf(this.#path) === this.#readStamp)) return false;
    // Without this, a file that was missing before and is deleted again would look unchanged.
    this.#seen = '';
    this.#files.remember(this.#path, { ...known, sha256: digest, pendingSha256: null });
    // If another process has dropped the recorded state of the file, everything is recorded again.
    this.#table.agreeWithFile(known.sha256 === null ? 0 : (this.#agreedRevision ?? 0), revision);
    // The file still has an old state of servers that changed after this plan, and the table must record this.
    const later = this.#table.since(revision).rows;
    this.#table.noteSaid(later.map(({ name }) => [name, this.#text.digestOf(name)]));
    this.#agreedRevision = revision;
    return true;
  }

  /** Returns the content that the file should have, its checksum, and the recorded state of the file. */
  #wanted(): { readonly bytes: Buffer; readonly digest: string; readonly known: KnownFile } {
    const known = this.#files.of(this.#path);
    const bad = JSON.parse(known.bad) as BadServer[];
    const rest = JSON.parse(known.rest) as ServersDocument['rest'];
    // If a server has the same name as an invalid entry of the file, only the invalid entry is written.
    const without = new Set(bad.flatMap(({ value }) => nameOf(value) ?? []));
    const bytes = this.#text.render({ bad, rest }, without);
    return { bytes, digest: digestOf(bytes), known };
  }

  /** Reads the file and applies its changes. Returns null if another program is still writing the file. */
  #read(): readonly FileProblem[] | null {
    this.#readStamp = stampOf(this.#path);
    if (sizeOf(this.#path) > MAX_BYTES) return this.#setAside(`it is larger than ${MAX_BYTES} bytes`);
    const bytes = readIfThere(this.#path, MAX_BYTES);
    const known = this.#files.of(this.#path);
    // If the file is missing, there are no changes to apply, and the file is written again.
    if (bytes === null && known.sha256 !== null) this.#forget();
    const digest = bytes === null ? null : digestOf(bytes);
    if (bytes === null || digest === null || digest === known.sha256) return [];
    const parsed = parseServers(bytes.toString('utf8'));
    if (parsed.kind === 'unreadable') return this.#setAside(parsed.reason, parsed.isCutOff);
    this.#agreedRevision = null;
    // Nobody edited this file. A process of this package wrote it, and was killed before it could record this.
    const isOurs = digest === known.pendingSha256;
    const changes = isOurs ? [] : this.#merge(parsed.document);
    const { servers, bad, rest } = parsed.document;
    this.#table.agreeOn(servers.map((info) => [info.name, digestOf(JSON.stringify(info))]));
    this.#files.remember(this.#path, {
      sha256: digest,
      pendingSha256: null,
      bad: JSON.stringify(bad),
      rest: JSON.stringify(rest),
    });
    if (isOurs) return [];
    const problems: FileProblem[] = parsed.document.bad.map(({ place, reason }) => ({
      kind: 'bad-server',
      place,
      reason,
    }));
    if (changes.length > 0) problems.push({ kind: 'taken-over', ...namesOf(changes) });
    return problems;
  }

  /** Renames the file, unless another program may still be writing it. */
  #setAside(reason: string, isCutOff = false): readonly FileProblem[] | null {
    if ((isCutOff && isJustWritten(this.#path)) || stampOf(this.#path) !== this.#readStamp) {
      this.#seen = '';
      return null;
    }
    const backup = setAside(this.#path);
    this.#forget();
    return [{ kind: 'set-aside', backup, reason }];
  }

  /** Merges the file, the table, and their last common state. Returns the changes for the table. */
  #merge({ servers, bad }: ServersDocument): readonly ServerChange[] {
    const rows = this.#table.all();
    const byName = new Map(rows.map((row) => [row.name, row]));
    const changes: ServerChange[] = [];
    for (const info of servers) {
      const row = byName.get(info.name);
      const said = digestOf(JSON.stringify(info));
      // An entry that is the same as in the last common state is skipped, because the table may have a newer version.
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

  /** Drops the recorded state of the file. After this, the servers exist only in the table. */
  #forget(): void {
    this.#files.forget(this.#path);
    this.#agreedRevision = null;
    this.#table.agreeOn([]);
  }
}

/** Returns the name of an entry in the file, or null if it has no name. */
export function nameOf(value: unknown): string | null {
  const name = typeof value === 'object' && value !== null && 'name' in value ? value.name : null;
  return typeof name === 'string' ? name : null;
}

function namesOf(changes: readonly ServerChange[]): { readonly put: string[]; readonly removed: string[] } {
  const { put = [], removed = [] } = Object.groupBy(changes, ({ info }) => (info === null ? 'removed' : 'put'));
  return { put: put.map(({ name }) => name), removed: removed.map(({ name }) => name) };
}
