import { messageOf } from '../../shared/errors.ts';
import type { StoreNote } from '../../shared/servers/store-notes.ts';
import { isDamage, isDiskFailure } from '../tables/sqlite-errors.ts';
import { SqliteStore } from './sqlite-store.ts';
import { fileIdOf, holdingStoreLock, setStoreAside, storePath } from './store-files.ts';
import { salvage } from './store-salvage.ts';

type Tell = (note: StoreNote) => void;

/**
 * Keeps the store of a folder open, whatever becomes of its file: one that was deleted or replaced is opened anew, one that is damaged is set aside and
 * a new one made of what can be saved, and after a failure of the disk it is opened afresh.
 */
export class StoreKeeper {
  readonly #stateDir: string;
  readonly #tell: Tell;
  #store: SqliteStore | null = null;

  constructor(stateDir: string, tell: Tell) {
    this.#stateDir = stateDir;
    this.#tell = tell;
  }

  /** The open store; opens it where it is not. Throws STORE_UNAVAILABLE or STORE_TOO_NEW. */
  store(): SqliteStore {
    this.#store ??= openStore(this.#stateDir, this.#tell);
    return this.#store;
  }

  /**
   * Does something with {@link store}; what it throws is thrown. Work on a file that turns out to be damaged, or not to be the store any more, is done once more
   * on the one that takes its place: it has to bear that.
   */
  attempt<T>(work: () => T): T {
    try {
      const value = work();
      if (this.#store === null || this.#store.isInPlace()) return value;
      this.#tell({ kind: 'replaced' });
      this.close();
    } catch (error) {
      const damaged = this.#store;
      // What the kernel gave up writing is only written again by who starts afresh (fsyncgate).
      if (isDamage(error) || isDiskFailure(error)) this.close();
      if (!isDamage(error) || damaged === null) throw error;
      this.#store = replaceStore(this.#stateDir, damaged.fileId, error, this.#tell);
    }
    return work();
  }

  close(): void {
    const store = this.#store;
    this.#store = null;
    store?.close();
  }
}

function openStore(stateDir: string, tell: Tell): SqliteStore {
  const suspect = fileIdOf(storePath(stateDir));
  try {
    return new SqliteStore(stateDir, tell);
  } catch (error) {
    if (!isDamage(error)) throw error;
    return replaceStore(stateDir, suspect, error, tell);
  }
}

/** Sets a damaged store aside, unless another process has done so by now; the store that takes its place. */
function replaceStore(stateDir: string, suspect: string | null, reason: unknown, tell: Tell): SqliteStore {
  return holdingStoreLock(stateDir, () => {
    const path = storePath(stateDir);
    if (fileIdOf(path) !== suspect) return new SqliteStore(stateDir, tell);
    const saved = salvage(path);
    const backup = setStoreAside(stateDir);
    const store = new SqliteStore(stateDir, tell);
    store.restore(saved);
    const counts = [...saved.tables].map(([{ name }, rows]) => [name, rows.length]);
    tell({
      kind: 'set-aside',
      backup,
      reason: rootMessage(reason),
      saved: Object.fromEntries(counts),
      lost: saved.lost,
    });
    return store;
  });
}

function rootMessage(error: unknown): string {
  return error instanceof Error && error.cause instanceof Error ? rootMessage(error.cause) : messageOf(error);
}
