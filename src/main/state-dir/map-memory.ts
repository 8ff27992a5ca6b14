import { settledWithin } from '../../shared/clock.ts';
import type { EarlyMap } from '../../shared/protocol/start-image.ts';
import type { SourceNotes, StoredMap, StoredSource } from '../../shared/protocol/writer-messages.ts';
import type { WriterClient } from '../writer/writer-client.ts';
import type { StoreHealth } from './store-health.ts';

/**
 * Keeps the last verified map of each source, and its floor (the minimum `generatedAt`), across restarts. Nothing here
 * rejects. Without a usable disk, everything works, but each start has to load the maps again.
 */
export interface MapMemory {
  /** Whether maps are stored at all. */
  readonly isKeeping: boolean;
  /**
   * Returns the map in the start image, without its floor. Does not wait for the store. Returns null if the image does
   * not have the map. For `storeKey`, see lineage.ts.
   */
  readEarly(storeKey: string): Promise<EarlyMap | null>;
  /**
   * Reads what is stored about a source. Returns null if the disk does not respond, so that the call must be repeated
   * later. `oldKeys` are the store keys that earlier versions used.
   */
  read(storeKey: string, oldKeys: readonly string[]): Promise<StoredSource | null>;
  /** Starts to write a map to disk. The buffer of its body is transferred to the writer. */
  save(map: StoredMap, notes: SourceNotes): void;
  /** Starts to write facts about the signers of a source, but not its map. */
  note(storeKey: string, notes: SourceNotes): void;
  /**
   * Starts to write a key document to disk. It is ignored if the store has a newer document, unless `startsOver` is
   * true. `url` has neither a query nor credentials.
   */
  saveKeys(storeKey: string, url: string, version: number, document: string, startsOver: boolean): void;
  /**
   * Whether the store lost a map that was written before, for example because another store replaced it. False if the
   * disk does not respond in time.
   */
  hasLost(storeKey: string): Promise<boolean>;
  /** Resolves once every write that was started is on disk, or has failed. */
  flushed(): Promise<void>;
}

/** How long a load may wait for the check whether the store still has the last map, in milliseconds. */
const LOOK_MS = 250;

const NOTHING: StoredSource = {
  floorMs: null,
  map: null,
  isDamaged: false,
  seenSigned: false,
  mapId: null,
  keyVersion: null,
  keyDocument: null,
};

/** A memory that stores nothing. */
export const forgetfulMapMemory: MapMemory = {
  isKeeping: false,
  readEarly: () => Promise.resolve(null),
  read: () => Promise.resolve(NOTHING),
  save: () => {},
  note: () => {},
  saveKeys: () => {},
  hasLost: () => Promise.resolve(false),
  flushed: () => Promise.resolve(),
};

export interface MapMemoryDeps {
  readonly writer: WriterClient;
  readonly health: StoreHealth;
  /** The maps of the start image. */
  readonly early: Promise<readonly EarlyMap[]>;
  /**
   * Resolves when the store may be read for data that the start image already provided. An earlier read would take CPU
   * time from the first call.
   */
  readonly rest: () => Promise<void>;
  /** Called for each source that is read or stored. */
  readonly onUsed: (storeKey: string) => void;
  /** Called when the store has changed. */
  readonly onSaved: () => void;
}

/** Creates a memory on disk. */
export function createMapMemory({ writer, health, early, rest, onUsed, onSaved }: MapMemoryDeps): MapMemory {
  const served = new Set<string>();
  /** The `generatedAt` of each map that is known to be stored, by store key. */
  const keptAtMs = new Map<string, number>();
  let saving: Promise<void> = Promise.resolve();

  const keep = (storeKey: string, work: Promise<unknown>, onKept: () => void = () => {}): void => {
    onUsed(storeKey);
    const kept = work.then(
      () => {
        health.works();
        onKept();
        onSaved();
      },
      (error: unknown) => health.failed(error),
    );
    saving = Promise.all([saving, kept]).then(() => {});
  };

  return {
    isKeeping: true,
    async readEarly(storeKey) {
      const found = (await early).find(({ map }) => map.storeKey === storeKey) ?? null;
      if (found !== null) {
        served.add(storeKey);
        keptAtMs.set(storeKey, found.map.generatedAtMs);
      }
      return found;
    },
    async read(storeKey, oldKeys) {
      onUsed(storeKey);
      if (served.delete(storeKey)) await rest();
      try {
        const stored = await writer.readSource(storeKey, oldKeys);
        health.works();
        if (stored.map !== null) keptAtMs.set(storeKey, stored.map.generatedAtMs);
        if (stored.isDamaged) health.damaged('The remembered service map');
        return stored;
      } catch (error) {
        health.failed(error);
        return null;
      }
    },
    save(map, notes) {
      const { storeKey, generatedAtMs } = map;
      keep(storeKey, writer.saveMap(map, notes), () => void keptAtMs.set(storeKey, generatedAtMs));
    },
    note(storeKey, notes) {
      keep(
        storeKey,
        writer.ask((api) => api.noteSource(storeKey, notes)),
      );
    },
    saveKeys(storeKey, url, version, document, startsOver) {
      keep(
        storeKey,
        writer.ask((api) => api.saveKeys(storeKey, url, version, document, startsOver)),
      );
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
