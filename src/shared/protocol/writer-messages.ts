/**
 * The interface of the writer thread, which the main thread calls through Comlink, and the records in its store. All
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

/** A verified map, as it is stored. */
export interface StoredMap {
  /** Key of the map in the store: a hash of the map's URL (lineage.ts of the main thread). */
  readonly storeKey: string;
  readonly etag: string | null;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly generatedAtMs: number;
  readonly savedAtMs: number;
}

/** Facts about the signers of a source. They are kept even if the map is removed. */
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

/** Everything that is stored about one source. */
export interface StoredSource extends SourceFacts {
  /** The highest `generatedAt` that was ever accepted; null if no map was accepted, or if this minimum was reset. */
  readonly floorMs: number | null;
  readonly map: StoredMap | null;
  /** Whether the map or the key document failed its checksum. The field for the damaged map or document is null. */
  readonly isDamaged: boolean;
}

/** Facts to record about a source, in addition to its map. */
export interface SourceNotes {
  /** URL of the source for users, without query and credentials. */
  readonly url: string;
  /** Whether this map or an earlier accepted map had enough asymmetric signatures. */
  readonly isSigned: boolean;
  /** The `id` of the first map with enough asymmetric signatures. If an id is already stored, that id is kept. */
  readonly mapId: string | null;
}

/** What users see about a stored source. */
export interface SourceSummary extends Omit<SourceFacts, 'keyDocument'> {
  readonly storeKey: string;
  /** URL without query and credentials; null if an earlier version of this package stored the source. */
  readonly url: string | null;
  readonly floorMs: number | null;
  /** `generatedAt` of the stored map, in epoch milliseconds; null if no map is stored. */
  readonly generatedAtMs: number | null;
  readonly savedAtMs: number | null;
}

/**
 * The interface of the writer worker, which the main thread calls over Comlink. Only the writer worker uses the store
 * and the login store. Where a comment says that a write is durable when answered, the data is on disk when the promise
 * resolves.
 */
export interface WriterApi extends LoginWriterApi {
  /**
   * Opens or creates the store. `value` of the reply is the path of its file. Logins are in a separate file, which can
   * also be used if the store cannot be opened.
   */
  open(version: number, stateDir: string): WriterReply<string>;
  /**
   * Reads what is stored about a source. `oldKeys` are the keys that earlier versions used for the source. Data under
   * these keys is moved to `storeKey`.
   */
  readSource(storeKey: string, oldKeys: readonly string[]): WriterReply<StoredSource>;
  /** Lists all stored sources. */
  readSources(): WriterReply<SourceSummary[]>;
  /** Whether the store has a map of this source whose `generatedAt` is `generatedAtMs` or later. */
  hasMap(storeKey: string, generatedAtMs: number): WriterReply<boolean>;
  /**
   * Records the process groups of the stdio servers that this host runs. If this host is killed, the next host ends
   * them.
   */
  notePrograms(pids: readonly number[]): WriterReply<null>;
  /** Stores a map, which is durable when answered. Never replaces a newer map, and never lowers the floor. */
  saveMap(map: StoredMap, notes: SourceNotes): WriterReply<null>;
  /** Stores facts about a source without a map. They are durable when answered. */
  noteSource(storeKey: string, notes: SourceNotes): WriterReply<null>;
  /**
   * Stores a key document, which is durable when answered. A newer document is replaced only if `startsOver` is true,
   * which means that the user configured other keys. `url` is the source's URL without query and credentials.
   */
  saveKeys(storeKey: string, url: string, version: number, document: string, startsOver?: boolean): WriterReply<null>;
  /**
   * Resets the floor (the minimum `generatedAt`) of a source. Also removes the source's map if it is later than
   * `latestMs`. All other data stays. Returns whether the source is stored. The change is durable when answered.
   */
  resetFloor(storeKey: string, latestMs: number): WriterReply<boolean>;
  /** Applies changes to the registry. They are durable when answered. */
  applyServers(changes: readonly ServerChange[]): WriterReply<null>;
  /** Adds servers to the registry, and returns the outcome for each server. The change is durable when answered. */
  mergeServers(servers: readonly ServerInfo[], mode: MergeMode): WriterReply<ServerOutcome[]>;
  /**
   * Returns the changes in the registry since the state `known`. `path` is the path of the registry's `servers.json`.
   */
  syncServers(path: string, known: KnownServers, mode: SyncMode): WriterReply<ServerNews>;
  /**
   * Applies the last changes of a process that is about to exit, and then writes `servers.json`. In any case, sets
   * `done[0]` to 1 at the end, because another thread waits for it.
   */
  finish(changes: readonly ServerChange[], path: string, known: KnownServers, done: Int32Array): WriterReply<null>;
  /**
   * Stores tool lists, which are durable when answered. Tools without a pin are pinned first. Returns the differences
   * between tools and pins. Does nothing if `storeId` is not null and the store has another id.
   */
  saveTools(storeId: string | null, scope: string, tools: ToolsToSave): WriterReply<InStore<ToolPinDetail[]>>;
  /** Records that connectors have listed the same tools as before. */
  touchTools(
    storeId: string | null,
    scope: string,
    connectorIds: readonly string[],
    listedAtMs: number,
  ): WriterReply<InStore<TouchedTools>>;
  forgetTools(storeId: string | null, scope: string, connectorIds: readonly string[]): WriterReply<InStore<void>>;
  /** Reads a page of remembered connectors whose ids come after `afterId`. */
  readTools(storeId: string | null, scope: string, afterId: string): WriterReply<InStore<ConnectorPage>>;
  /** Returns all differences between tools and pins. If `scope` is null, includes all scopes. */
  changedTools(storeId: string | null, scope: string | null): WriterReply<InStore<ToolPinDetail[]>>;
  /**
   * Approves the current definitions of these tools, or of all tools if `tools` is null. Returns the approved changes.
   * They are durable when answered.
   */
  approveTools(
    storeId: string | null,
    scope: string | null,
    tools: readonly PinChoice[] | null,
    nowMs: number,
  ): WriterReply<InStore<ToolPinChange[]>>;
  /**
   * Reads a page of the pins of connectors whose ids come after `afterId`. If `which` is `approved`, reads only pins
   * that the fleet approved.
   */
  readPins(
    storeId: string | null,
    scope: string,
    afterId: string,
    which: 'approved' | 'all',
  ): WriterReply<InStore<PinPage>>;
  /**
   * Stores these pins in place of the existing ones. A pin is left unchanged if the store has an approval of the same
   * or a newer version. The change is durable when answered.
   */
  repinTools(storeId: string | null, scope: string, pins: readonly ApprovedPin[]): WriterReply<InStore<void>>;
  /** Writes the start image of a scope (start-image.ts). */
  writeStartImage(scope: string, storeKeys: readonly string[]): WriterReply<null>;
  /** Writes the file of first answers with this name (first-answers.ts). If `bytes` is null, removes the file. */
  writeFirstAnswers(name: string, bytes: Uint8Array | null): WriterReply<null>;
  close(): Promise<WriterReply<null>>;
}
