/**
 * The interface of the writer thread, which the main thread calls through Comlink, and the records that it keeps. All
 * messages are plain data.
 */

import type { ServerInfo } from '../servers/server-info.ts';
import type {
  KnownServers,
  MergeMode,
  ServerChange,
  ServerNews,
  ServerOutcome,
  SyncMode,
} from '../servers/server-records.ts';
import type {
  ApprovedPin,
  ConnectorPage,
  InStore,
  PinChoice,
  PinPage,
  ToolPinChange,
  ToolPinDetail,
  ToolsToSave,
  TouchedTools,
} from '../tools/tool-records.ts';
import type { LoginWriterApi } from './login-messages.ts';
import type { WriterReply } from './writer-reply.ts';

/** A verified map as the store keeps it. */
export interface StoredMap {
  /** A hash of its URL, used as its key: lineage.ts of the main thread. */
  readonly storeKey: string;
  readonly etag: string | null;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly generatedAtMs: number;
  readonly savedAtMs: number;
}

/** What is remembered about the signers of a source. It outlives the map. */
export interface SourceFacts {
  /** Whether a map with enough asymmetric signatures was ever accepted. */
  readonly seenSigned: boolean;
  /** The `id` of the first map with enough asymmetric signatures; null before such a map was accepted. */
  readonly mapId: string | null;
  /** The version of the newest accepted key document; null if none was accepted. */
  readonly keyVersion: number | null;
  /** The newest accepted key document; null if none was accepted, or if it was damaged. */
  readonly keyDocument: string | null;
}

/** The store's data about one source. */
export interface StoredSource extends SourceFacts {
  /** The highest `generatedAt` ever accepted; null if none was, or if the floor was reset. */
  readonly floorMs: number | null;
  readonly map: StoredMap | null;
  /** Whether the map or the key document failed its checksum. The damaged one is null. */
  readonly isDamaged: boolean;
}

/** Facts to record about a source, in addition to its map. */
export interface SourceNotes {
  /** For display: without query and credentials. */
  readonly url: string;
  /** Whether this map or an earlier accepted map had enough asymmetric signatures. */
  readonly isSigned: boolean;
  /** The `id` of the first map with enough asymmetric signatures. An already stored id is kept. */
  readonly mapId: string | null;
}

/** A source of the store, in the form that users see. */
export interface SourceSummary extends Omit<SourceFacts, 'keyDocument'> {
  readonly storeKey: string;
  /** Without query and credentials; null if an earlier version wrote the source. */
  readonly url: string | null;
  readonly floorMs: number | null;
  /** `generatedAt` of the stored map; null if there is no map. */
  readonly generatedAtMs: number | null;
  readonly savedAtMs: number | null;
}

/** The writer worker's interface, over Comlink. It is the only owner of the store and of the login store. */
export interface WriterApi extends LoginWriterApi {
  /**
   * Opens or creates the store. `value` is the path of its file. Logins have a separate file, which also works if the
   * store cannot be opened.
   */
  open(version: number, stateDir: string): WriterReply<string>;
  /** Reads a source. `oldKeys` are keys that earlier versions used for it; their data is moved to `storeKey`. */
  readSource(storeKey: string, oldKeys: readonly string[]): WriterReply<StoredSource>;
  /** Lists every source of the store. */
  readSources(): WriterReply<SourceSummary[]>;
  /** Whether the store has a map of this source from `generatedAtMs` or later. */
  hasMap(storeKey: string, generatedAtMs: number): WriterReply<boolean>;
  /** Records which process groups of this host run. If this host is killed, the next host ends them. */
  notePrograms(pids: readonly number[]): WriterReply<null>;
  /** Stores a map. Durable when answered. Never replaces a newer map, and never lowers the floor. */
  saveMap(map: StoredMap, notes: SourceNotes): WriterReply<null>;
  /** Stores the facts about a source without a map. Durable when answered. */
  noteSource(storeKey: string, notes: SourceNotes): WriterReply<null>;
  /**
   * Stores a key document. Durable when answered. Replaces a newer document only with `startsOver`, because the
   * configured keys were replaced. `url` is without query and credentials.
   */
  saveKeys(storeKey: string, url: string, version: number, document: string, startsOver?: boolean): WriterReply<null>;
  /**
   * Resets the floor of a source, and removes its map if the map is later than `latestMs`; everything else stays.
   * Returns whether the source exists. Durable when answered.
   */
  resetFloor(storeKey: string, latestMs: number): WriterReply<boolean>;
  /** Applies changes to the registry. Durable when answered. */
  applyServers(changes: readonly ServerChange[]): WriterReply<null>;
  /** Adds servers to the registry and returns each outcome. Durable when answered. */
  mergeServers(servers: readonly ServerInfo[], mode: MergeMode): WriterReply<ServerOutcome[]>;
  /** Returns the registry's changes since `known`; `path` is its `servers.json`. */
  syncServers(path: string, known: KnownServers, mode: SyncMode): WriterReply<ServerNews>;
  /**
   * Applies the last changes of a process that ends, then writes the file. Always sets `done[0]` to 1, for a thread
   * that blocks on it.
   */
  finish(changes: readonly ServerChange[], path: string, known: KnownServers, done: Int32Array): WriterReply<null>;
  /**
   * Stores tool lists for the store `storeId`, or for any store (null). Adds missing pins first. Returns the
   * differences from the pins. Durable when answered.
   */
  saveTools(storeId: string | null, scope: string, tools: ToolsToSave): WriterReply<InStore<ToolPinDetail[]>>;
  /** Records that connectors listed the same tools again. */
  touchTools(
    storeId: string | null,
    scope: string,
    connectorIds: readonly string[],
    listedAtMs: number,
  ): WriterReply<InStore<TouchedTools>>;
  forgetTools(storeId: string | null, scope: string, connectorIds: readonly string[]): WriterReply<InStore<void>>;
  /** Reads remembered connectors, starting after `afterId`. */
  readTools(storeId: string | null, scope: string, afterId: string): WriterReply<InStore<ConnectorPage>>;
  /** Returns all differences from the pins, of one scope or of all (null). */
  changedTools(storeId: string | null, scope: string | null): WriterReply<InStore<ToolPinDetail[]>>;
  /**
   * Approves the current definitions of these tools, or of all (null), and returns the approved changes. Durable when
   * answered.
   */
  approveTools(
    storeId: string | null,
    scope: string | null,
    tools: readonly PinChoice[] | null,
    nowMs: number,
  ): WriterReply<InStore<ToolPinChange[]>>;
  /**
   * Reads the pins of the connectors after `afterId`, as first seen or last approved, or only the fleet's approvals.
   */
  readPins(
    storeId: string | null,
    scope: string,
    afterId: string,
    which: 'approved' | 'all',
  ): WriterReply<InStore<PinPage>>;
  /** Replaces these pins, except those with a stored approval of the same or a newer version. Durable when answered. */
  repinTools(storeId: string | null, scope: string, pins: readonly ApprovedPin[]): WriterReply<InStore<void>>;
  /** Writes the start image of a scope; see start-image.ts. */
  writeStartImage(scope: string, storeKeys: readonly string[]): WriterReply<null>;
  /** Writes the first answers of that name, or removes them (null); see first-answers.ts. */
  writeFirstAnswers(name: string, bytes: Uint8Array | null): WriterReply<null>;
  close(): Promise<WriterReply<null>>;
}
