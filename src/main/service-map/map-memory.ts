import type { StoredMap, StoredSource } from '../../shared/protocol.ts';
import type { WriterClient } from '../registry/writer-client.ts';
import type { StoreHealth } from '../warm-start/store-health.ts';

/** What outlives the process: the last verified map and the floor. Nothing here rejects; without a disk all works, just cold. */
export interface MapMemory {
  /** Whether it keeps maps at all. */
  readonly isKeeping: boolean;
  /** The map as the start image has it: at once, and without a floor. Null where it has none. */
  readEarly(sourceId: string): Promise<StoredMap | null>;
  /** Null where the disk cannot tell at the moment; ask again. */
  read(sourceId: string): Promise<StoredSource | null>;
  /** Starts to make a map durable, and takes over its body. */
  save(map: StoredMap): void;
  /** Resolves when everything handed to {@link save} so far is durable, or has failed. */
  flushed(): Promise<void>;
}

const NOTHING: StoredSource = { floorMs: null, map: null, isDamaged: false };

/** A memory that remembers nothing. */
export const forgetfulMapMemory: MapMemory = {
  isKeeping: false,
  readEarly: () => Promise.resolve(null),
  read: () => Promise.resolve(NOTHING),
  save: () => {},
  flushed: () => Promise.resolve(),
};

export interface MapMemoryDeps {
  readonly writer: WriterClient;
  readonly health: StoreHealth;
  /** The maps of the start image. */
  readonly early: Promise<readonly StoredMap[]>;
  /** Resolves when the store may be asked for what is already there from the start image: its thread would take a core from the first call. */
  readonly rest: () => Promise<void>;
  /** Called for each source that is asked for or kept. */
  readonly onUsed: (sourceId: string) => void;
  /** Called when the store holds something new. */
  readonly onSaved: () => void;
}

/** A memory on disk. */
export function createMapMemory({ writer, health, early, rest, onUsed, onSaved }: MapMemoryDeps): MapMemory {
  const served = new Set<string>();
  let saving: Promise<void> = Promise.resolve();
  return {
    isKeeping: true,
    async readEarly(sourceId) {
      const map = (await early).find((candidate) => candidate.sourceId === sourceId) ?? null;
      if (map !== null) served.add(sourceId);
      return map;
    },
    async read(sourceId) {
      onUsed(sourceId);
      if (served.delete(sourceId)) await rest();
      try {
        const stored = await writer.readSource(sourceId);
        health.works();
        if (stored.isDamaged) health.damaged('The remembered service map');
        return stored;
      } catch (error) {
        health.failed(error);
        return null;
      }
    },
    save(map) {
      onUsed(map.sourceId);
      const saved = writer.saveMap(map).then(
        () => {
          health.works();
          onSaved();
        },
        (error: unknown) => health.failed(error),
      );
      saving = Promise.all([saving, saved]).then(() => {});
    },
    flushed: () => saving,
  };
}
