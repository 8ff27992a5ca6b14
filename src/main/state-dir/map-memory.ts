import { settledWithin } from '../../shared/clock.ts';
import type { StoredMap, StoredSource } from '../../shared/protocol/writer-messages.ts';
import type { WriterClient } from '../writer/writer-client.ts';
import type { StoreHealth } from './store-health.ts';

/**
 * What outlives the process: the last verified map and the floor. Nothing here rejects; without a disk all works, just
 * cold.
 */
export interface MapMemory {
  /** Whether it keeps maps at all. */
  readonly isKeeping: boolean;
  /**
   * The map that the start image holds: at once, and without a floor. Null if it holds none. `storeKey`: load-task.ts.
   */
  readEarly(storeKey: string): Promise<StoredMap | null>;
  /** Null where the disk cannot tell at the moment; ask again. */
  read(storeKey: string): Promise<StoredSource | null>;
  /** Starts to make a map durable, and takes over its body. */
  save(map: StoredMap): void;
  /**
   * Whether a map that was kept is in the store no longer, as in one that took the place of another; false where the
   * disk cannot tell in time.
   */
  hasLost(storeKey: string): Promise<boolean>;
  /** Resolves when everything handed to {@link save} so far is durable, or has failed. */
  flushed(): Promise<void>;
}

/** How long a load may be held up by the question whether the last map is still kept. */
const LOOK_MS = 250;

const NOTHING: StoredSource = { floorMs: null, map: null, isDamaged: false };

/** A memory that remembers nothing. */
export const forgetfulMapMemory: MapMemory = {
  isKeeping: false,
  readEarly: () => Promise.resolve(null),
  read: () => Promise.resolve(NOTHING),
  save: () => {},
  hasLost: () => Promise.resolve(false),
  flushed: () => Promise.resolve(),
};

export interface MapMemoryDeps {
  readonly writer: WriterClient;
  readonly health: StoreHealth;
  /** The maps of the start image. */
  readonly early: Promise<readonly StoredMap[]>;
  /**
   * Resolves when the store may be asked for what is already there from the start image: its thread would take a core
   * from the first call.
   */
  readonly rest: () => Promise<void>;
  /** Called for each source that is asked for or kept. */
  readonly onUsed: (storeKey: string) => void;
  /** Called when the store holds something new. */
  readonly onSaved: () => void;
}

/** A memory on disk. */
export function createMapMemory({ writer, health, early, rest, onUsed, onSaved }: MapMemoryDeps): MapMemory {
  const served = new Set<string>();
  /** From when the maps are that are known to be kept. */
  const keptAtMs = new Map<string, number>();
  let saving: Promise<void> = Promise.resolve();
  return {
    isKeeping: true,
    async readEarly(storeKey) {
      const map = (await early).find((candidate) => candidate.storeKey === storeKey) ?? null;
      if (map !== null) {
        served.add(storeKey);
        keptAtMs.set(storeKey, map.generatedAtMs);
      }
      return map;
    },
    async read(storeKey) {
      onUsed(storeKey);
      if (served.delete(storeKey)) await rest();
      try {
        const stored = await writer.readSource(storeKey);
        health.works();
        if (stored.map !== null) keptAtMs.set(storeKey, stored.map.generatedAtMs);
        if (stored.isDamaged) health.damaged('The remembered service map');
        return stored;
      } catch (error) {
        health.failed(error);
        return null;
      }
    },
    save(map) {
      const { storeKey, generatedAtMs } = map;
      onUsed(storeKey);
      const saved = writer.saveMap(map).then(
        () => {
          health.works();
          keptAtMs.set(storeKey, generatedAtMs);
          onSaved();
        },
        (error: unknown) => health.failed(error),
      );
      saving = Promise.all([saving, saved]).then(() => {});
    },
    async hasLost(storeKey) {
      const atMs = keptAtMs.get(storeKey);
      if (atMs === undefined) return false;
      let isThere = true;
      const looked = writer
        .ask((api) => api.hasMap(storeKey, atMs))
        .then((answer) => {
          isThere = answer;
        });
      await settledWithin(looked, LOOK_MS);
      return !isThere;
    },
    flushed: () => saving,
  };
}
