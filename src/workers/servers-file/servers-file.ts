import type { DatabaseSync } from 'node:sqlite';
import type { BadPlace, FileProblem, ServerChange } from '../../shared/servers/server-records.ts';
import { digestOf, inTransaction, type ServerTable } from '../tables/server-table.ts';
import { readIfThere, removeTemporaries, replaceDurably, setAside } from './durable-file.ts';
import { isJustWritten, sizeOf, stampOf } from './file-state.ts';
import { assertTrustedFile } from './file-trust.ts';
import { type KnownFile, KnownFiles } from './known-files.ts';
import { type BadServer, parseServers, type ServersDocument } from './servers-document.ts';
import { ServersText } from './servers-text.ts';

/** A larger file is neither written nor read. */
export const MAX_BYTES = 64 * 1024 * 1024;

/** What a file is to become, made of the table as it was at a revision. */
interface Plan {
  readonly bytes: Buffer;
  readonly digest: string;
  readonly revision: number;
}

/** How often others may come in between before a write is given up. */
const MAX_TRIES = 20;

/** All tries are longer than somebody may take to write the file in place. */
const PAUSE_MS = 150;

/**
 * Keeps a `servers.json` and the table in step. The table is the truth; the file is what people and other programs
 * know, so what they change in it counts too: each entry is compared with what it was when the two last agreed. All
 * of it holds the store's write lock, so of several processes none writes an older state over a newer.
 */
export class ServersFile {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #table: ServerTable;
  readonly #files: KnownFiles;
  #text: ServersText;
  /** Up to which revision the file is known to say what the table says; null if not at all. */
  #agreedRevision: number | null = null;
  #seen = '';
  /** What the file was just before it was last read. */
  #readStamp = '';

  constructor(path: string, database: DatabaseSync, table: ServerTable) {
    this.#path = path;
    this.#database = database;
    this.#table = table;
    this.#text = new ServersText(table);
    this.#files = new KnownFiles(database);
  }

  /** Whether the file is another one, or was written, since this was last asked. */
  hasChanged(): boolean {
    const seen = stampOf(this.#path);
    const hasChanged = seen !== this.#seen;
    this.#seen = seen;
    return hasChanged;
  }

  /** Takes over what was changed in the file since the two last agreed. Throws what disk and store throw. */
  read(): readonly FileProblem[] {
    return this.#locked(() => {
      // Whoever left them was killed: nobody else writes the file now.
      removeTemporaries(this.#path);
      return this.#read() ?? [];
    });
  }

  /**
   * Takes over what was changed in the file, then writes the file where it says something else than the table.
   * Waits for somebody who is in the midst of writing it.
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
    throw new Error(`other processes keep writing ${this.#path}`);
  }

  /** The entries that are none, as the file was last read. */
  bad(): readonly BadPlace[] {
    return (JSON.parse(this.#files.of(this.#path).bad) as BadServer[]).map(({ place, reason }) => ({ place, reason }));
  }

  /** Whether there is no file that says anything. */
  isGone(): boolean {
    return this.#files.of(this.#path).sha256 === null;
  }

  /** Whether the file says something else than the table, as after a process that was killed before it wrote it. */
  isBehind(): boolean {
    const { digest, known } = this.#wanted();
    return digest !== known.sha256 && (known.sha256 !== null || !this.#text.isEmpty);
  }

  /** Runs `work` holding the store's write lock. What it learnt of a table that is then rolled back is forgotten. */
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
   * Notes what the file is about to become; null where it says that already. This is durable before the file is
   * touched: who is killed between writing it and noting so must not leave a file behind that looks as if somebody
   * had edited it, and would win over what was changed since.
   */
  #plan(): Plan | null {
    const { bytes, digest, known } = this.#wanted();
    if (digest === known.sha256) return null;
    if (bytes.length > MAX_BYTES)
      throw new Error(`${this.#path} would be larger than ${MAX_BYTES} bytes and is left as it is; remove servers`);
    this.#files.remember(this.#path, { ...known, pendingSha256: digest });
    return { bytes, digest, revision: this.#table.revision() };
  }

  /** Writes the file, unless somebody planned something else meanwhile, or edited it; whether it did. */
  #carryOut({ bytes, digest, revision }: Plan): boolean {
    const known = this.#files.of(this.#path);
    if (known.pendingSha256 !== digest) return false;
    if (!replaceDurably(this.#path, bytes, () => stampOf(this.#path) === this.#readStamp)) return false;
    // What was seen is no more: were it gone again, it would look as it did before it was written.
    this.#seen = '';
    this.#files.remember(this.#path, { ...known, sha256: digest, pendingSha256: null });
    // Another process may have forgotten what the file said.
    this.#table.agreeWithFile(known.sha256 === null ? 0 : (this.#agreedRevision ?? 0), revision);
    // What was changed since the plan comes into the file with the next one: it says what was so then.
    const later = this.#table.since(revision).rows;
    this.#table.noteSaid(later.map(({ name }) => [name, this.#text.digestOf(name)]));
    this.#agreedRevision = revision;
    return true;
  }

  /** What the file should say, its checksum, and what it is known to say. */
  #wanted(): { readonly bytes: Buffer; readonly digest: string; readonly known: KnownFile } {
    const known = this.#files.of(this.#path);
    const bad = JSON.parse(known.bad) as BadServer[];
    const rest = JSON.parse(known.rest) as ServersDocument['rest'];
    // A bad entry stands for the server of its name.
    const without = new Set(bad.flatMap(({ value }) => nameOf(value) ?? []));
    const bytes = this.#text.render({ bad, rest }, without);
    return { bytes, digest: digestOf(bytes), known };
  }

  /** Null where it is half of what somebody is about to write. */
  #read(): readonly FileProblem[] | null {
    this.#readStamp = stampOf(this.#path);
    if (sizeOf(this.#path) > MAX_BYTES) return this.#setAside(`it is larger than ${MAX_BYTES} bytes`);
    const bytes = readIfThere(this.#path, MAX_BYTES);
    const known = this.#files.of(this.#path);
    // A file that is gone says nothing: it is written again.
    if (bytes === null && known.sha256 !== null) this.#forget();
    const digest = bytes === null ? null : digestOf(bytes);
    if (bytes === null || digest === null || digest === known.sha256) return [];
    const parsed = parseServers(bytes.toString('utf8'));
    if (parsed.kind === 'unreadable') return this.#setAside(parsed.reason, parsed.isCutOff);
    this.#agreedRevision = null;
    // As one of us left it who was killed: nobody edited it.
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

  /** Gives the file another name, unless somebody may still be about to make it whole. */
  #setAside(reason: string, isCutOff = false): readonly FileProblem[] | null {
    if ((isCutOff && isJustWritten(this.#path)) || stampOf(this.#path) !== this.#readStamp) {
      this.#seen = '';
      return null;
    }
    const backup = setAside(this.#path);
    this.#forget();
    return [{ kind: 'set-aside', backup, reason }];
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

  /** The file no longer says anything: what it said is kept in the table alone. */
  #forget(): void {
    this.#files.forget(this.#path);
    this.#agreedRevision = null;
    this.#table.agreeOn([]);
  }
}

/** What an entry of the file calls itself; null if it has no name. */
export function nameOf(value: unknown): string | null {
  const name = typeof value === 'object' && value !== null && 'name' in value ? value.name : null;
  return typeof name === 'string' ? name : null;
}

function namesOf(changes: readonly ServerChange[]): { readonly put: string[]; readonly removed: string[] } {
  const { put = [], removed = [] } = Object.groupBy(changes, ({ info }) => (info === null ? 'removed' : 'put'));
  return { put: put.map(({ name }) => name), removed: removed.map(({ name }) => name) };
}
