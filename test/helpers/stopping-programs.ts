import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isAlive } from './stdio-program.ts';
import { TempDir } from './temp-dir.ts';

const PROGRAM = fileURLToPath(new URL('../fixtures/stdio/stopping-program.ts', import.meta.url));

/** Where a program stops talking. */
export const STOPS = ['spawned', 'probed', 'initialize', 'list', 'call', 'exits', 'never'] as const;
/** How it behaves when it is told to end. */
export const MANNERS = ['obedient', 'stubborn', 'forks', 'stubborn forks'] as const;

/** Programs that stop talking at some point, and every pid that they and their children had. */
export class StoppingPrograms implements Disposable {
  readonly #folder = new TempDir();
  readonly #pidFile = join(this.#folder.path, 'pids');

  constructor() {
    writeFileSync(this.#pidFile, '');
  }

  /** An entry of an `mcpServers` file. */
  entry(stopsAt: (typeof STOPS)[number], manner: (typeof MANNERS)[number] = 'obedient', more: object = {}): object {
    const manners = manner === 'obedient' ? [] : manner.split(' ');
    return { command: process.execPath, args: [PROGRAM, this.#pidFile, stopsAt, ...manners], ...more };
  }

  /** One entry for each way to stop and to behave. */
  all(): Record<string, object> {
    const ways = STOPS.flatMap((stopsAt) => MANNERS.map((manner) => [stopsAt, manner] as const));
    return Object.fromEntries(
      ways.map(([stopsAt, manner]) => [`${stopsAt}-${manner.replace(' ', '-')}`, this.entry(stopsAt, manner)]),
    );
  }

  /** The pids of all processes that were started so far. */
  pids(): readonly number[] {
    return readFileSync(this.#pidFile, 'utf8').split('\n').filter(Boolean).map(Number);
  }

  /** Those that still run. */
  alive(): readonly number[] {
    return this.pids().filter(isAlive);
  }

  [Symbol.dispose](): void {
    for (const pid of this.alive()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended meanwhile.
      }
    }
    this.#folder[Symbol.dispose]();
  }
}
