import { isDeepStrictEqual } from 'node:util';
import { monotonicMs } from '../../shared/clock.ts';
import type { ServerInfo } from '../../shared/servers/server-info.ts';
import type { ServerChange } from '../../shared/servers/server-records.ts';

/**
 * How long a change of this process counts as recent. Other processes see it within a second, so this leaves ample
 * time.
 */
const RECENT_MS = 5_000;

/**
 * Remembers the recent changes of this process. If the store is lost, they take precedence, because other processes may
 * not have seen them yet.
 */
export class OwnChanges {
  /** Time of each change, the oldest first. */
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
   * Returns the changes that a replaced store with these `rows` lacks: recent changes of this process, and servers that
   * the store does not have at all.
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
