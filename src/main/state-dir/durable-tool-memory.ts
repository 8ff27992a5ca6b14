import { isDeepStrictEqual } from 'node:util';
import { nextTurn } from '../../shared/clock.ts';
import type { StartImage } from '../../shared/protocol/start-image.ts';
import type {
  ApprovedPin,
  ConnectorRecord,
  RememberedConnector,
  ToolPin,
  ToolPinDetail,
  ToolsToSave,
  TouchedTools,
} from '../../shared/tools/tool-records.ts';
import type { WriterClient } from '../writer/writer-client.ts';
import { ownPinsOf } from './own-pins.ts';
import { PinBook } from './pin-book.ts';
import type { StoreHealth } from './store-health.ts';
import type { OwnToolMemory } from './tool-memory.ts';
import { messageOf, ToolWriter } from './tool-writer.ts';

/** Number of connectors that are restored in one turn of the event loop, or sent to the writer in one message. */
const BATCH = 8;

export interface DurableToolMemoryDeps {
  readonly writer: WriterClient;
  readonly health: StoreHealth;
  readonly image: Promise<StartImage | null>;
  /** The scope of this manager's connectors in the store (see `scopeOf` in host-memory.ts). */
  readonly scope: string;
  /** Whether tools are compared with their pins. */
  readonly isPinned: boolean;
  readonly now: () => number;
  /** Resolves when the writer may do work that is not urgent. */
  readonly rest: () => Promise<void>;
  /** Called when the content of the store has changed. */
  readonly onSaved: () => void;
}

/** A caller that waits until the store has compared a connector's tools with their pins. */
interface Waiting {
  readonly record: ConnectorRecord;
  readonly resolve: (changes: readonly ToolPinDetail[]) => void;
}

/** Tool memory in the state folder. The writer thread stores the tools and compares them with their pins. */
export class DurableToolMemory implements OwnToolMemory {
  readonly #deps: DurableToolMemoryDeps;
  readonly #writer: ToolWriter;
  /** The records that the store is known to contain, by connector id. */
  readonly #saved = new Map<string, ConnectorRecord>();
  readonly #book = new PinBook();
  #waiting: Waiting[] = [];
  /** Ids of removed connectors that the store must still forget. */
  #gone: string[] = [];
  #running: Promise<void> | null = null;
  /** Resolves with the number of connectors in the start image, once all of them have been restored. */
  #fromImage: Promise<number> = Promise.resolve(0);

  constructor(deps: DurableToolMemoryDeps) {
    this.#deps = deps;
    const { writer, health } = deps;
    this.#writer = new ToolWriter({ writer, health, fill: (storeId) => this.#fill(storeId) });
  }

  async restore(take: (connector: RememberedConnector) => void): Promise<void> {
    const image = await this.#deps.image;
    if (image !== null) this.#writer.knows(image.header.storeId);
    this.#fromImage = this.#restore(image?.connectors ?? [], take);
    const count = await this.#fromImage;
    if (image === null || count < image.header.connectorCount) await this.#restoreFromStore(take);
  }

  remember(record: ConnectorRecord): Promise<readonly ToolPinDetail[]> {
    const { promise, resolve } = Promise.withResolvers<readonly ToolPinDetail[]>();
    this.#waiting.push({ record, resolve });
    this.#running ??= this.#run();
    return promise;
  }

  forget(connectorId: string): void {
    this.#book.forget(connectorId);
    this.#saved.delete(connectorId);
    this.#gone.push(connectorId);
    // A list that arrived before the connector was removed must not be stored afterwards.
    const isIts = ({ record }: Waiting): boolean => record.connectorId === connectorId;
    for (const { resolve } of this.#waiting.filter(isIts)) resolve([]);
    this.#waiting = this.#waiting.filter((waiting) => !isIts(waiting));
    this.#running ??= this.#run();
  }

  async changes() {
    const { scope } = this.#deps;
    const answer = await this.#writer.ask((api, storeId) => api.changedTools(storeId, scope));
    return answer?.value ?? this.#book.changes();
  }

  async approve(choices: Parameters<OwnToolMemory['approve']>[0]) {
    const { scope, now, onSaved } = this.#deps;
    const nowMs = Math.floor(now());
    const inBook = this.#book.approve(choices, nowMs);
    const answer = await this.#writer.ask((api, storeId) => api.approveTools(storeId, scope, choices, nowMs));
    onSaved();
    return answer?.value ?? inBook;
  }

  ownPins(which: 'approved' | 'all') {
    return ownPinsOf(this.#writer, this.#deps.scope, this.#book, which);
  }

  async adopt(pins: readonly ToolPin[]): Promise<void> {
    this.#book.adopt(pins);
    const tools = { connectors: [], pins, isPinned: true };
    await this.#writer.ask((api, storeId) => api.saveTools(storeId, this.#deps.scope, tools));
  }

  async repin(pins: readonly ApprovedPin[]): Promise<void> {
    this.#book.repin(pins);
    await this.#writer.ask((api, storeId) => api.repinTools(storeId, this.#deps.scope, pins));
    this.#deps.onSaved();
  }

  /** Resolves once all lists and removals have been sent to the writer, or could not be sent. */
  async flushed(): Promise<void> {
    await this.#running;
  }

  /** Restores connectors in batches, one batch per turn of the event loop. Returns the number of connectors. */
  async #restore(
    connectors: Iterable<RememberedConnector>,
    take: (connector: RememberedConnector) => void,
  ): Promise<number> {
    let count = 0;
    for (const connector of connectors) {
      const { changes, ...record } = connector;
      // A connector that has already listed its tools has newer tools than the stored ones.
      if (!this.#saved.has(record.connectorId)) {
        this.#learn(record, changes);
        take(connector);
      }
      count += 1;
      if (count % BATCH === 0) await nextTurn();
    }
    return count;
  }

  async #restoreFromStore(take: (connector: RememberedConnector) => void): Promise<void> {
    let afterId: string | null = '';
    while (afterId !== null) {
      const from: string = afterId;
      const { scope } = this.#deps;
      const page = (await this.#writer.ask((api, storeId) => api.readTools(storeId, scope, from)))?.value;
      for (const connectorId of page?.damaged ?? [])
        this.#deps.health.damaged(`The remembered state of connector ${connectorId}`);
      await this.#restore(page?.connectors ?? [], take);
      afterId = page?.nextId ?? null;
    }
  }

  async #run(): Promise<void> {
    // The commit starts in a later turn of the event loop, so that it includes other lists that arrive now.
    await nextTurn();
    await this.#deps.rest();
    while (this.#waiting.length > 0 || this.#gone.length > 0) {
      await this.#forgetGone();
      const batch = this.#waiting.splice(0, BATCH);
      const same = batch.filter(({ record }) => this.#isSaved(record));
      const { changes: ofSame, unknown } = await this.#touch(same);
      const isNews = (it: Waiting): boolean => !same.includes(it) || unknown.includes(it.record.connectorId);
      const changes = [...ofSame, ...(await this.#save(batch.filter(isNews)))];
      for (const { record, resolve } of batch)
        resolve(changes.filter(({ connectorId }) => connectorId === record.connectorId));
    }
    this.#running = null;
  }

  async #forgetGone(): Promise<void> {
    // A connector that was removed and added again has a new list, which is stored after this.
    const ids = this.#gone.splice(0);
    if (ids.length === 0) return;
    await this.#writer.ask((api, storeId) => api.forgetTools(storeId, this.#deps.scope, ids));
    this.#deps.onSaved();
  }

  #isSaved(record: ConnectorRecord): boolean {
    const saved = this.#saved.get(record.connectorId);
    return saved !== undefined && isDeepStrictEqual({ ...saved, listedAtMs: 0 }, { ...record, listedAtMs: 0 });
  }

  /** Updates the times of unchanged lists. Returns the differences, and the connectors that the store does not know. */
  async #touch(batch: readonly Waiting[]): Promise<TouchedTools> {
    const listedAtMs = batch.at(-1)?.record.listedAtMs;
    if (listedAtMs === undefined) return { changes: [], unknown: [] };
    const ids = batch.map(({ record }) => record.connectorId);
    const { scope } = this.#deps;
    const answer = await this.#writer.ask((api, storeId) => api.touchTools(storeId, scope, ids, listedAtMs));
    if (answer === null) return { changes: this.#inBook(batch), unknown: [] };
    const { changes, unknown } = answer.value;
    for (const { record } of batch) if (!unknown.includes(record.connectorId)) this.#learn(record, changes);
    this.#deps.onSaved();
    return answer.value;
  }

  async #save(batch: readonly Waiting[]): Promise<readonly ToolPinDetail[]> {
    if (batch.length === 0) return [];
    const records = batch.map(({ record }) => record);
    const tools = this.#toSave(records, new Set(records.map(({ connectorId }) => connectorId)));
    const { scope } = this.#deps;
    const answer = await this.#writer.ask((api, storeId) => api.saveTools(storeId, scope, tools));
    if (answer === null) return this.#inBook(batch);
    for (const { record } of batch) this.#learn(record, answer.value);
    this.#deps.onSaved();
    return answer.value;
  }

  /** Writes everything that this process knows into a store that replaced another store. */
  async #fill(storeId: string): Promise<void> {
    const { writer, scope, onSaved } = this.#deps;
    await this.#fromImage;
    const ids = [...new Set([...this.#saved.keys(), ...this.#book.connectorIds])];
    for (let from = 0; from < ids.length; from += BATCH) {
      const some = ids.slice(from, from + BATCH);
      const known = some.flatMap((id) => this.#saved.get(id) ?? []);
      const tools = this.#toSave(known, some);
      await writer.ask((api) => api.saveTools(storeId, scope, tools));
    }
    onSaved();
  }

  /** Returns these records, and the pins of these connectors, in the form that the writer accepts. */
  #toSave(records: readonly ConnectorRecord[], connectorIds: Iterable<string>): ToolsToSave {
    const pins = [...connectorIds].flatMap((id) => this.#book.pinsOf(id));
    return { connectors: records.map(messageOf), pins, isPinned: this.#deps.isPinned };
  }

  /** Records that the store now has this record, and which differences from the pins the store found. */
  #learn(record: ConnectorRecord, changes: readonly ToolPinDetail[]): void {
    const { connectorId } = record;
    this.#saved.set(connectorId, record);
    if (!this.#deps.isPinned) return;
    this.#book.learn(
      record,
      changes.filter((change) => change.connectorId === connectorId),
    );
  }

  /** Compares tools with the pins that this process knows. Used while the store does not respond. */
  #inBook(batch: readonly Waiting[]): ToolPinDetail[] {
    return this.#deps.isPinned ? batch.flatMap(({ record }) => this.#book.check(record)) : [];
  }
}
