import { messageOf } from '../../shared/errors.ts';
import type { StoreNote } from '../../shared/servers/store-notes.ts';
import { isDamage, isDiskFailure } from '../tables/sqlite-errors.ts';
import { SqliteStore } from './sqlite-store.ts';
import { fileIdOf, holdingStoreLock, setStoreAside, storePath } from './store-files.ts';
import { assertSafeStore, assertWasStore } from './store-identity.ts';
import { salvage } from './store-salvage.ts';

type Tell = (note: StoreNote) => void;

/**
 * Keeps the store of a folder open. If the file was deleted or replaced, or if the disk failed, opens it again. Renames
 * a damaged file, and creates a new store with the records that can be recovered.
 */
export class StoreKeeper {
  readonly #stateDir: string;
  readonly #tell: Tell;
  readonly #isRepair: boolean;
  #store: SqliteStore | null = null;

  /**
   * With `isRepair`, the user requested a repair. A file that SQLite cannot read is then renamed even if it was never a
   * store.
   */
  constructor(stateDir: string, tell: Tell, { isRepair = false }: { readonly isRepair?: boolean } = {}) {
    this.#stateDir = stateDir;
    this.#tell = tell;
    this.#isRepair = isRepair;
  }

  /** Returns the open store, and opens it if necessary. Throws STORE_UNAVAILABLE, _TOO_NEW, _UNSAFE or _FOREIGN. */
  store(): SqliteStore {
    this.#store ??= openStore(this.#stateDir, this.#tell, this.#isRepair);
    return this.#store;
  }

  /**
   * Runs `work`, which uses {@link store}. Throws the errors of `work`. If the file turns out to be damaged or
   * replaced, runs `work` once more on the new file, so `work` must be repeatable.
   */
  attempt<T>(work: () => T): T {
    try {
      const value = work();
      if (this.#store === null || this.#store.isInPlace()) return value;
      this.#tell({ kind: 'replaced' });
      this.close();
    } catch (error) {
      const damaged = this.#store;
      // Pages that the kernel failed to write are only written again after the file was reopened (fsyncgate).
      if (isDamage(error) || isDiskFailure(error)) this.close();
      if (!isDamage(error) || damaged === null) throw error;
      this.#store = replaceStore(this.#stateDir, damaged.fileId, error, this.#tell, true);
    }
    return work();
  }

  close(): void {
    const store = this.#store;
    this.#store = null;
    store?.close();
  }
}

function openStore(stateDir: string, tell: Tell, isRepair: boolean): SqliteStore {
  assertSafeStore(stateDir);
  const suspect = fileIdOf(storePath(stateDir));
  try {
    return new SqliteStore(stateDir, tell);
  } catch (error) {
    if (!isDamage(error)) throw error;
    return replaceStore(stateDir, suspect, error, tell, isRepair);
  }
}

/**
 * Renames a damaged store, unless another process has done so, and returns the new store at its path. Throws
 * STORE_FOREIGN if the file was never a store. `isSurely` skips this check.
 */
function replaceStore(
  stateDir: string,
  suspect: string | null,
  reason: unknown,
  tell: Tell,
  isSurely: boolean,
): SqliteStore {
  return holdingStoreLock(stateDir, () => {
    const path = storePath(stateDir);
    if (fileIdOf(path) !== suspect) return new SqliteStore(stateDir, tell);
    if (!isSurely) assertWasStore(path);
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
