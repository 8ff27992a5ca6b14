import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertTrustedFolder, isTrustedOwner } from '../servers-file/file-trust.ts';
import { createProcessTable, type ProcessIdentity, type ProcessTable } from './process-identity.ts';

/** Folder of the notes, inside the state folder. */
const NOTES_FOLDER = 'programs';

/** File name of a host's note, made of its pid and a random part. Other files in the folder are left unchanged. */
const NOTE_NAME = /^\d{1,10}-[0-9a-f]{1,12}\.json$/;

/** How long a stdio server may take to end after SIGTERM, before it gets SIGKILL. */
const GRACE_MS = 2_000;

/** Maximum size of a note. A note lists only a few processes, so a larger file was not written by a host. */
const MAX_NOTE_BYTES = 1_000_000;

/** Content of a note: the host process, and the process groups that it started. */
interface Note {
  readonly bootId: string;
  readonly host: ProcessIdentity;
  readonly groups: readonly ProcessIdentity[];
}

/**
 * Records in a file which process groups this host has started. If this host is killed, the next host ends these
 * groups. The file is replaced in one step. It need not be flushed to disk, because the processes do not survive a
 * power cut.
 */
export class ProgramNotes {
  readonly #folder: string;
  readonly #path: string;
  readonly #table: ProcessTable;
  readonly #known = new Map<number, ProcessIdentity>();

  constructor(stateDir: string, table: ProcessTable = createProcessTable()) {
    this.#folder = join(stateDir, NOTES_FOLDER);
    this.#path = join(this.#folder, `${process.pid}-${randomBytes(6).toString('hex')}.json`);
    this.#table = table;
  }

  /** Records that exactly these process groups of this host are running. Removes the file if no group is running. */
  write(pids: readonly number[]): void {
    const host = this.#table.identify(process.pid);
    const bootId = this.#table.bootId();
    if (host === null || bootId === null) return;
    for (const pid of this.#known.keys()) if (!pids.includes(pid)) this.#known.delete(pid);
    for (const pid of pids) {
      const identity = this.#known.has(pid) ? null : this.#table.identify(pid);
      if (identity !== null) this.#known.set(pid, { pid, startedAt: identity.startedAt });
    }
    if (this.#known.size === 0) {
      rmSync(this.#path, { force: true });
      return;
    }
    const note: Note = {
      bootId,
      host: { pid: host.pid, startedAt: host.startedAt },
      groups: [...this.#known.values()],
    };
    assertTrustedFolder(this.#folder, { mayBeLink: false });
    mkdirSync(this.#folder, { mode: 0o700, recursive: true });
    const temporary = `${this.#path}.tmp`;
    // A symbolic link at this path was created by another program, so it is removed and not followed.
    rmSync(temporary, { force: true });
    writeFileSync(temporary, JSON.stringify(note), { mode: 0o600, flag: 'wx' });
    renameSync(temporary, this.#path);
  }
}

/**
 * Ends the process groups that killed hosts left behind. A group is ended if its host has ended, and if its leader is
 * still the recorded process (same pid, start time and boot). Resolves with the pids of the leaders once they have
 * ended or have been killed.
 */
export async function endLeftPrograms(
  stateDir: string,
  table: ProcessTable = createProcessTable(),
  graceMs: number = GRACE_MS,
): Promise<readonly number[]> {
  const folder = join(stateDir, NOTES_FOLDER);
  const left: ProcessIdentity[] = [];
  for (const name of notesIn(folder)) {
    const path = join(folder, name);
    const note = readNote(path);
    if (note !== null && note.bootId === table.bootId()) {
      if (isRunning(note.host, table)) continue;
      left.push(...note.groups.filter((group) => isLeader(group, table)));
    }
    rmSync(path, { force: true });
  }
  await Promise.all(left.map((group) => endGroup(group, table, graceMs)));
  return left.map(({ pid }) => pid);
}

function notesIn(folder: string): readonly string[] {
  try {
    assertTrustedFolder(folder, { mayBeLink: false });
    return readdirSync(folder).filter((name) => NOTE_NAME.test(name));
  } catch {
    return [];
  }
}

/**
 * Reads a note. Returns null if the file is incomplete or was not written by a host of this user, because other users
 * must not choose which processes are ended.
 */
function readNote(path: string): Note | null {
  let file: number | null = null;
  try {
    file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
    const stats = fstatSync(file);
    if (!stats.isFile() || stats.size > MAX_NOTE_BYTES || !isTrustedOwner(stats.uid)) return null;
    const { bootId, host, groups } = JSON.parse(readFileSync(file, 'utf8')) as Partial<Note>;
    if (typeof bootId !== 'string' || !isIdentity(host) || !Array.isArray(groups)) return null;
    return { bootId, host, groups: groups.filter(isIdentity) };
  } catch {
    return null;
  } finally {
    if (file !== null) closeSync(file);
  }
}

/**
 * Whether a value identifies a process. Pids 0 and 1 are refused, because signals to them would reach this process's
 * own group, or every process.
 */
function isIdentity(value: unknown): value is ProcessIdentity {
  if (typeof value !== 'object' || value === null || !('pid' in value) || !('startedAt' in value)) return false;
  return Number.isSafeInteger(value.pid) && Number(value.pid) > 1 && typeof value.startedAt === 'string';
}

function isRunning({ pid, startedAt }: ProcessIdentity, table: ProcessTable): boolean {
  return table.identify(pid)?.startedAt === startedAt;
}

function isLeader(group: ProcessIdentity, table: ProcessTable): boolean {
  return isRunning(group, table) && table.identify(group.pid)?.groupId === group.pid;
}

async function endGroup(group: ProcessIdentity, table: ProcessTable, graceMs: number): Promise<void> {
  signalGroup(group.pid, 'SIGTERM');
  const endsAt = performance.now() + graceMs;
  while (isLeader(group, table) && performance.now() < endsAt) await sleep(20);
  if (isLeader(group, table)) signalGroup(group.pid, 'SIGKILL');
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has already ended, or belongs to another user.
  }
}
