import { asSwitchyardError, type SwitchyardError } from '../../shared/errors.ts';
import type { StoredMap, StoredSource } from '../../shared/protocol.ts';
import type { Logger } from '../logger.ts';
import { WriterClient } from '../registry/writer-client.ts';

/** What outlives the process: the last verified map and the floor. Nothing here rejects; without a disk all works, just cold. */
export interface MapMemory {
  /** Null where the disk cannot tell at the moment; ask again. */
  read(sourceId: string): Promise<StoredSource | null>;
  /** Starts to make a map durable, and takes over its body. */
  save(map: StoredMap): void;
  /** Resolves when everything handed to {@link save} so far is durable, or has failed. */
  flushed(): Promise<void>;
  status(): MemoryStatus;
  close(): Promise<void>;
}

/** How the store is doing. */
export type MemoryStatus =
  | { readonly kind: 'off' }
  | { readonly kind: 'ready'; readonly stateDir: string }
  | { readonly kind: 'failed'; readonly stateDir: string; readonly code: string; readonly message: string };

const NOTHING: StoredSource = { floorMs: null, map: null, isDamaged: false };

/** A memory in `stateDir`, or one that remembers nothing where that is null. */
export function createMapMemory(stateDir: string | null, logger: Logger): MapMemory {
  return stateDir === null ? forgetful : createDurableMemory(stateDir, logger);
}

const forgetful: MapMemory = {
  read: () => Promise.resolve(NOTHING),
  save: () => {},
  flushed: () => Promise.resolve(),
  status: () => ({ kind: 'off' }),
  close: () => Promise.resolve(),
};

function createDurableMemory(stateDir: string, logger: Logger): MapMemory {
  const writer = new WriterClient(stateDir, { logger });
  let failure: SwitchyardError | null = null;
  let saving: Promise<void> = Promise.resolve();

  const note = (error: unknown): void => {
    const known = failure;
    failure = asSwitchyardError(error, 'STORE_UNAVAILABLE');
    if (known?.code === failure.code) return;
    logger.warn(
      { event: 'store-failed', code: failure.code, stateDir, err: failure },
      `Nothing is remembered over restarts: ${failure.message}`,
    );
  };

  return {
    async read(sourceId) {
      try {
        const stored = await writer.readSource(sourceId);
        failure = null;
        if (stored.isDamaged) {
          logger.warn(
            { event: 'store-damaged', code: 'STORE_CORRUPT', stateDir },
            'The remembered service map fails its checksum and is ignored',
          );
        }
        return stored;
      } catch (error) {
        note(error);
        return null;
      }
    },
    save(map) {
      const saved = writer.saveMap(map).then(() => {
        failure = null;
      }, note);
      saving = Promise.all([saving, saved]).then(() => {});
    },
    flushed: () => saving,
    status() {
      return failure === null
        ? { kind: 'ready', stateDir }
        : { kind: 'failed', stateDir, code: failure.code, message: failure.message };
    },
    async close() {
      await saving;
      await writer.close();
    },
  };
}
