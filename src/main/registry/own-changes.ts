import { isDeepStrictEqual } from 'node:util';
import { monotonicMs } from '../../shared/clock.ts';
import type { ServerInfo } from '../../shared/servers/server-info.ts';
import type { ServerChange } from '../../shared/servers/server-records.ts';

/**
 * How long a change by this process is treated as recent. This is more than enough, because other processes see changes
 * within a second.
 */
const RECENT_MS = 5_000;

/**
 * Remembers the recent changes by this process. If the store is lost and replaced, these changes take precedence over
 * the new store, because other processes may not have seen them.
 */
export class OwnChanges {
  /** Time of each recent change, by the name of the server, the oldest first. */
  readonly #changedMs = new Map<string, number>();

  note(changes: readonly ServerChange[]): void {
    const nowMs = monotonicMs();
    for (const { name } of changes) {
      this.#changedMs.delete(name);
      this.#changedMs.set(name, nowMs);
    }
    for (const [name, changedMs] of this.#changedMs) {
      if (nowMs - changedMs < RECENT_MS) break;
      this.#changedMs.delete(name);
    }
  }

  /**
   * Returns the changes that must be written to a new store after the old store was lost. `rows` is the content of the
   * new store. The result contains the recent changes by this process that `rows` does not show, and all other servers
   * in `entries` that `rows` lacks.
   */
  missingIn(rows: readonly ServerChange[], entries: ReadonlyMap<string, ServerInfo>): ServerChange[] {
    const stored = new Map(rows.map(({ name, info }) => [name, info]));
    const own = [...this.#changedMs.keys()].map((name) => ({ name, info: entries.get(name) ?? null }));
    const others = [...entries].map(([name, info]) => ({ name, info }));
    return [
      ...own.filter(({ name, info }) => !isDeepStrictEqual(stored.get(name) ?? null, info)),
      ...others.filter(({ name }) => !stored.has(name) && !this.#changedMs.has(name)),
    ];
  }
}
