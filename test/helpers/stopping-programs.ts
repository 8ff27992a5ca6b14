import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isAlive } from './stdio-program.ts';
import { TempDir } from './temp-dir.ts';

const PROGRAM = fileURLToPath(new URL('../fixtures/stdio/stopping-program.ts', import.meta.url));

/** Points at which a stdio server stops responding. */
export const STOPS = ['spawned', 'probed', 'initialize', 'list', 'call', 'exits', 'never'] as const;
/** How a stdio server reacts to a request to end. */
export const MANNERS = ['obedient', 'stubborn', 'forks', 'stubborn forks'] as const;

/** Stdio servers that stop responding at some point, and the pids of all their processes. */
export class StoppingPrograms implements Disposable {
  readonly #folder = new TempDir();
  readonly #pidFile = join(this.#folder.path, 'pids');

  constructor() {
    writeFileSync(this.#pidFile, '');
  }

  /** Creates an entry of an `mcpServers` file. */
  entry(stopsAt: (typeof STOPS)[number], manner: (typeof MANNERS)[number] = 'obedient', more: object = {}): object {
    const manners = manner === 'obedient' ? [] : manner.split(' ');
    return { command: process.execPath, args: [PROGRAM, this.#pidFile, stopsAt, ...manners], ...more };
  }

  /** Creates one entry for each point and each reaction. */
  all(): Record<string, object> {
    const ways = STOPS.flatMap((stopsAt) => MANNERS.map((manner) => [stopsAt, manner] as const));
    return Object.fromEntries(
      ways.map(([stopsAt, manner]) => [`${stopsAt}-${manner.replace(' ', '-')}`, this.entry(stopsAt, manner)]),
    );
  }

  /** Returns the pids of all processes that were started so far. */
  pids(): readonly number[] {
    return readFileSync(this.#pidFile, 'utf8').split('\n').filter(Boolean).map(Number);
  }

  /** Returns the pids of processes that still run. */
  alive(): readonly number[] {
    return this.pids().filter(isAlive);
  }

  [Symbol.dispose](): void {
    for (const pid of this.alive()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // The process has already ended.
      }
    }
    this.#folder[Symbol.dispose]();
  }
}
