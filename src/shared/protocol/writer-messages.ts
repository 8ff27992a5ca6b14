/**
 * The interface of the writer thread, which main calls through Comlink, and the records that it keeps. All of it is
 * plain data.
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
  /** A hash of its URL, under which it is kept: lineage.ts of the main thread. */
  readonly storeKey: string;
  readonly etag: string | null;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly generatedAtMs: number;
  readonly savedAtMs: number;
}

/** What is remembered of who signs a source. It outlives the map. */
export interface SourceFacts {
  /** Whether a map with enough asymmetric signatures was ever accepted. */
  readonly seenSigned: boolean;
  /** The `id` of the first such map; null before. */
  readonly mapId: string | null;
  /** The version of the newest key document that was believed; null if none was. */
  readonly keyVersion: number | null;
  /** That document; null without one, and where it was damaged. */
  readonly keyDocument: string | null;
}

/** What the store knows of one source. */
export interface StoredSource extends SourceFacts {
  /** The highest `generatedAt` ever accepted; null if none was, or if the floor was reset. */
  readonly floorMs: number | null;
  readonly map: StoredMap | null;
  /** Whether there is a map or a key document whose checksum does not match; it is null then. */
  readonly isDamaged: boolean;
}

/** What to note of a source besides its map. */
export interface SourceNotes {
  /** For people: without query and credentials. */
  readonly url: string;
  /** Whether an accepted map, this or an earlier one, had enough asymmetric signatures. */
  readonly isSigned: boolean;
  /** The `id` of the first such map. Kept unless there is one already. */
  readonly mapId: string | null;
}

/** A source of the store as people see it. */
export interface SourceSummary extends Omit<SourceFacts, 'keyDocument'> {
  readonly storeKey: string;
  /** Without query and credentials; null for what an earlier version wrote. */
  readonly url: string | null;
  readonly floorMs: number | null;
  /** Of the map that is kept; null if none is. */
  readonly generatedAtMs: number | null;
  readonly savedAtMs: number | null;
}

/** The writer worker's interface, over Comlink. It is the only owner of the store, and of the store of logins. */
export interface WriterApi extends LoginWriterApi {
  /**
   * Opens or creates the store. `value` is the path of its file. Logins have a file of their own, which is used also
   * where this one cannot be.
   */
  open(version: number, stateDir: string): WriterReply<string>;
  /** `oldKeys`: where an earlier version kept the source. What is found there is moved to `storeKey`. */
  readSource(storeKey: string, oldKeys: readonly string[]): WriterReply<StoredSource>;
  /** Every source of the store. */
  readSources(): WriterReply<SourceSummary[]>;
  /** Whether it has a map of this source from `generatedAtMs` or later. */
  hasMap(storeKey: string, generatedAtMs: number): WriterReply<boolean>;
  /** Notes which process groups of this host run. The next host ends them if this one is killed outright. */
  notePrograms(pids: readonly number[]): WriterReply<null>;
  /** Durable when answered. Never replaces a newer map, never lowers the floor. */
  saveMap(map: StoredMap, notes: SourceNotes): WriterReply<null>;
  /** Durable when answered: the same without a map. */
  noteSource(storeKey: string, notes: SourceNotes): WriterReply<null>;
  /**
   * Durable when answered. Replaces a newer key document only where it `startsOver`, since the configured keys were
   * replaced. `url` is without query and credentials.
   */
  saveKeys(storeKey: string, url: string, version: number, document: string, startsOver?: boolean): WriterReply<null>;
  /**
   * Forgets the floor of a source, and its map if that is from later than `latestMs`; everything else stays. Whether
   * there is such a source. Durable when answered.
   */
  resetFloor(storeKey: string, latestMs: number): WriterReply<boolean>;
  /** Durable when answered. */
  applyServers(changes: readonly ServerChange[]): WriterReply<null>;
  /** Durable when answered; what became of each. */
  mergeServers(servers: readonly ServerInfo[], mode: MergeMode): WriterReply<ServerOutcome[]>;
  /** What is new in the registry since `known`; `path` is its `servers.json`. */
  syncServers(path: string, known: KnownServers, mode: SyncMode): WriterReply<ServerNews>;
  /**
   * The last of a process that ends: applies, then writes the file. Sets `done[0]` to 1 in any case, for somebody
   * who blocks on it.
   */
  finish(changes: readonly ServerChange[], path: string, known: KnownServers, done: Int32Array): WriterReply<null>;
  /**
   * What is said of tools is meant for the store `storeId`, or for any (null). This first puts in the pins that it
   * lacks. Durable when answered; what differs from its pin.
   */
  saveTools(storeId: string | null, scope: string, tools: ToolsToSave): WriterReply<InStore<ToolPinDetail[]>>;
  /** Notes that connectors listed the same tools again. */
  touchTools(
    storeId: string | null,
    scope: string,
    connectorIds: readonly string[],
    listedAtMs: number,
  ): WriterReply<InStore<TouchedTools>>;
  forgetTools(storeId: string | null, scope: string, connectorIds: readonly string[]): WriterReply<InStore<void>>;
  /** Remembered connectors, from the one after `afterId` on. */
  readTools(storeId: string | null, scope: string, afterId: string): WriterReply<InStore<ConnectorPage>>;
  /** Everything that differs from its pin, of one scope or of all (null). */
  changedTools(storeId: string | null, scope: string | null): WriterReply<InStore<ToolPinDetail[]>>;
  /**
   * Takes the present definitions of these tools, or of all (null), for the right ones; those that it did. Durable
   * when answered.
   */
  approveTools(
    storeId: string | null,
    scope: string | null,
    tools: readonly PinChoice[] | null,
    nowMs: number,
  ): WriterReply<InStore<ToolPinChange[]>>;
  /** How tools were first seen or last approved, of the connectors after `afterId`; or the fleet's approvals alone. */
  readPins(
    storeId: string | null,
    scope: string,
    afterId: string,
    which: 'approved' | 'all',
  ): WriterReply<InStore<PinPage>>;
  /**
   * Makes these the pins, unless an approval of the same version or a newer one was taken. Durable when answered.
   */
  repinTools(storeId: string | null, scope: string, pins: readonly ApprovedPin[]): WriterReply<InStore<void>>;
  /** Writes what the next start of a scope needs first; see start-image.ts. */
  writeStartImage(scope: string, storeKeys: readonly string[]): WriterReply<null>;
  /** Writes the first answers of that name, or removes them (null); see first-answers.ts. */
  writeFirstAnswers(name: string, bytes: Uint8Array | null): WriterReply<null>;
  close(): Promise<WriterReply<null>>;
}
