import { isDeepStrictEqual } from 'node:util';
import { monotonicMs } from '../../shared/clock.ts';
import type { ServerInfo } from '../../shared/servers/server-info.ts';
import type { ServerChange } from '../../shared/servers/server-records.ts';

/** Other processes have seen a change within a second; this is well past that. */
const RECENT_MS = 5_000;

/**
 * What this process changed lately, and others may not have seen: of that it has the last word where the store is
 * lost.
 */
export class OwnChanges {
  /** When each was changed, the oldest first. */
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
   * What has to go into a store that took the place of another and holds `rows`: what was changed here lately, and
   * what it does not have at all.
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
