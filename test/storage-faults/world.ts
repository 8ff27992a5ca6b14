import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Fault, faultEnv } from './shim.ts';

const program = fileURLToPath(new URL('../fixtures/programs/storage-user.ts', import.meta.url));

/**
 * A folder in memory, if the machine has one. A killed process leaves the same content there as on a disk, but faster.
 */
const BASE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** A process that takes longer than this is considered to hang. */
const TIMEOUT_MS = 60_000;

export interface UserOptions {
  readonly prefix: string;
  readonly seed: number;
  readonly rounds: number;
  /** Path of the shim. If `fault` is null, the shim only counts calls. */
  readonly shim?: string;
  readonly fault?: Fault | null;
  readonly trace?: string;
}

/** The report of a process. */
export interface Acks {
  readonly acked: number;
  readonly flushed: number;
  readonly failures: readonly string[];
  readonly events: readonly string[];
  /** How long closing took, or null if the registry was never closed. */
  readonly closedMs: number | null;
  /** Whether the memory of the process ever had a wrong state. */
  readonly isWrong: boolean;
}

/** A process that uses a registry. Its program is storage-user.ts. */
export interface User {
  readonly options: UserOptions;
  readonly child: ChildProcess;
  /**
   * Resolves with the signal that ended the process, or null if it exited by itself. Rejects if the exit code is not 0,
   * or if the process does not end in time.
   */
  readonly ended: Promise<NodeJS.Signals | null>;
  /** The file to which the process appends its report. */
  readonly acksPath: string;
  acks(): Acks;
}

/** A folder with a registry, and processes that use it. Disposal kills the processes and removes the new folder. */
export class World implements Disposable {
  readonly path: string;
  /** The folder of the registry, in which the shim counts calls. */
  readonly folder: string;
  readonly #users: User[] = [];

  /** `folder` may be an existing folder, such as a mounted disk. Disposal keeps an existing folder. */
  constructor(folder?: string) {
    this.path = realpathSync(mkdtempSync(join(BASE, 'storage-faults-')));
    this.folder = folder ?? join(this.path, 'mcp');
    if (folder === undefined) mkdirSync(this.folder);
  }

  get registry(): string {
    return join(this.folder, 'servers.json');
  }

  get users(): readonly User[] {
    return this.#users;
  }

  start(options: UserOptions): User {
    const { prefix, seed, rounds, shim, fault = null, trace = null } = options;
    const acksPath = join(this.path, `${prefix}-${this.#users.length}.acks`);
    const env = {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: join(tmpdir(), 'storage-faults-compile-cache'),
      ...(shim !== undefined && faultEnv(shim, this.folder, fault, trace)),
    };
    const args = [program, this.registry, acksPath, prefix, String(seed), String(rounds)];
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    const user = { options, child, ended: endOf(child), acksPath, acks: () => readAcks(acksPath) };
    // Callers that await `ended` still receive a rejection. Without such a caller, the rejection is ignored.
    user.ended.catch(() => {});
    this.#users.push(user);
    return user;
  }

  [Symbol.dispose](): void {
    for (const { child } of this.#users) child.kill('SIGKILL');
    rmSync(this.path, { recursive: true, force: true });
  }
}

async function endOf(child: ChildProcess): Promise<NodeJS.Signals | null> {
  let errors = '';
  child.stderr?.on('data', (data: Buffer) => {
    errors += data.toString();
  });
  let isLate = false;
  const watchdog = setTimeout(() => {
    isLate = true;
    child.kill('SIGKILL');
  }, TIMEOUT_MS);
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  clearTimeout(watchdog);
  if (isLate) throw new Error(`A process did not end within ${TIMEOUT_MS} ms\n${errors}`);
  if (code !== null && code !== 0) throw new Error(`A process ended with ${code}:\n${errors}`);
  return signal;
}

function readAcks(path: string): Acks {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  const said = (what: string): string[] =>
    lines.filter((line) => line.startsWith(`${what} `)).map((line) => line.slice(what.length + 1));
  const closed = said('closed').at(-1);
  return {
    acked: Math.max(0, ...said('acked').map(Number)),
    flushed: Math.max(0, ...said('flushed').map(Number)),
    failures: said('failed'),
    events: said('log'),
    closedMs: closed === undefined ? null : Number(closed),
    isWrong: lines.includes('wrong'),
  };
}
