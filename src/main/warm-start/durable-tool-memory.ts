import { isDeepStrictEqual } from 'node:util';
import type { Remote } from 'comlink';
import { nextTurn } from '../../shared/clock.ts';
import type { WriterApi, WriterReply } from '../../shared/protocol.ts';
import type { StartImage } from '../../shared/start-image.ts';
import type {
  ConnectorMessage,
  ConnectorPage,
  ConnectorRecord,
  RememberedConnector,
  ToolPinChange,
} from '../../shared/tool-records.ts';
import type { WriterClient } from '../registry/writer-client.ts';
import { PinBook } from './pin-book.ts';
import type { StoreHealth } from './store-health.ts';
import type { ToolMemory } from './tool-memory.ts';

/** Connectors restored in one turn of the event loop, and sent to the writer in one message. */
const BATCH = 8;

export interface DurableToolMemoryDeps {
  readonly writer: WriterClient;
  readonly health: StoreHealth;
  readonly image: Promise<StartImage | null>;
  /** Which manager's connectors these are; see host-memory.ts. */
  readonly scope: string;
  /** Whether tools are compared with how they were first seen. */
  readonly isPinned: boolean;
  readonly now: () => number;
  /** Resolves when the writer may be asked for what is not urgent. */
  readonly rest: () => Promise<void>;
  /** Called when the store holds something new. */
  readonly onSaved: () => void;
}

type Writer = Remote<WriterApi>;

/** Somebody who waits for what the store says of a connector's tools. */
interface Waiting {
  readonly record: ConnectorRecord;
  readonly resolve: (changes: readonly ToolPinChange[]) => void;
}

/** The memory of a manager with a folder: its writer keeps the tools and compares them with their pins. */
export class DurableToolMemory implements ToolMemory {
  readonly #deps: DurableToolMemoryDeps;
  /** What the store is known to hold. */
  readonly #saved = new Map<string, ConnectorRecord>();
  readonly #book = new PinBook();
  #waiting: Waiting[] = [];
  /** Connectors that are no more. */
  #gone: string[] = [];
  #running: Promise<void> | null = null;

  constructor(deps: DurableToolMemoryDeps) {
    this.#deps = deps;
  }

  async restore(take: (connector: RememberedConnector) => void): Promise<void> {
    const image = await this.#deps.image;
    const count = await this.#restore(image?.connectors ?? [], take);
    if (image === null || count < image.header.connectorCount) await this.#restoreFromStore(take);
  }

  remember(record: ConnectorRecord): Promise<readonly ToolPinChange[]> {
    const { promise, resolve } = Promise.withResolvers<readonly ToolPinChange[]>();
    this.#waiting.push({ record, resolve });
    this.#running ??= this.#run();
    return promise;
  }

  forget(connectorId: string): void {
    this.#book.forget(connectorId);
    this.#saved.delete(connectorId);
    this.#gone.push(connectorId);
    // What it listed before it went is not to be kept after it.
    const isIts = ({ record }: Waiting): boolean => record.connectorId === connectorId;
    for (const { resolve } of this.#waiting.filter(isIts)) resolve([]);
    this.#waiting = this.#waiting.filter((waiting) => !isIts(waiting));
    this.#running ??= this.#run();
  }

  async changes() {
    return (await this.#ask((api, scope) => api.changedTools(scope))) ?? this.#book.changes();
  }

  async approve(choices: Parameters<ToolMemory['approve']>[0]) {
    const nowMs = Math.floor(this.#deps.now());
    const inBook = this.#book.approve(choices, nowMs);
    const approved = await this.#ask((api, scope) => api.approveTools(scope, choices, nowMs));
    this.#deps.onSaved();
    return approved ?? inBook;
  }

  /** Resolves when the writer has been given everything, or has failed. */
  async flushed(): Promise<void> {
    await this.#running;
  }

  /** Some in each turn of the event loop: a host with a thousand connectors has 20 000 tools. How many there were. */
  async #restore(
    connectors: Iterable<RememberedConnector>,
    take: (connector: RememberedConnector) => void,
  ): Promise<number> {
    let count = 0;
    for (const connector of connectors) {
      const { changes: _changes, ...record } = connector;
      // One that is up by now says it better.
      if (!this.#saved.has(record.connectorId)) {
        this.#saved.set(record.connectorId, record);
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
      const page: ConnectorPage | null = await this.#ask((api, scope) => api.readTools(scope, from));
      for (const connectorId of page?.damaged ?? [])
        this.#deps.health.damaged(`What is remembered of connector ${connectorId}`);
      await this.#restore(page?.connectors ?? [], take);
      afterId = page?.nextId ?? null;
    }
  }

  async #run(): Promise<void> {
    // In a later turn, so that what comes up together is one commit.
    await nextTurn();
    await this.#deps.rest();
    while (this.#waiting.length > 0 || this.#gone.length > 0) {
      await this.#forgetGone();
      const batch = this.#waiting.splice(0, BATCH);
      const same = batch.filter(({ record }) => this.#isSaved(record));
      const news = batch.filter((waiting) => !same.includes(waiting));
      const changes = [...(await this.#touch(same)), ...(await this.#save(news))];
      for (const { record, resolve } of batch)
        resolve(changes.filter(({ connectorId }) => connectorId === record.connectorId));
    }
    this.#running = null;
  }

  async #forgetGone(): Promise<void> {
    // One that came back meanwhile is kept by what it lists.
    const ids = this.#gone.splice(0);
    if (ids.length === 0) return;
    await this.#ask((api, scope) => api.forgetTools(scope, ids));
    this.#deps.onSaved();
  }

  #isSaved(record: ConnectorRecord): boolean {
    const saved = this.#saved.get(record.connectorId);
    return saved !== undefined && isDeepStrictEqual({ ...saved, listedAtMs: 0 }, { ...record, listedAtMs: 0 });
  }

  async #touch(batch: readonly Waiting[]): Promise<readonly ToolPinChange[]> {
    const listedAtMs = batch.at(-1)?.record.listedAtMs;
    if (listedAtMs === undefined) return [];
    const ids = batch.map(({ record }) => record.connectorId);
    const changes = await this.#ask((api, scope) => api.touchTools(scope, ids, listedAtMs));
    if (changes !== null) this.#deps.onSaved();
    return changes ?? this.#inBook(batch);
  }

  async #save(batch: readonly Waiting[]): Promise<readonly ToolPinChange[]> {
    if (batch.length === 0) return [];
    const messages = batch.map(({ record }) => messageOf(record));
    const changes = await this.#ask((api, scope) => api.saveTools(scope, messages, this.#deps.isPinned));
    if (changes === null) return this.#inBook(batch);
    for (const { record } of batch) this.#saved.set(record.connectorId, record);
    this.#deps.onSaved();
    return changes;
  }

  /** What this process knows by itself, as long as the store says nothing. */
  #inBook(batch: readonly Waiting[]): ToolPinChange[] {
    if (!this.#deps.isPinned) return [];
    for (const { record } of batch) {
      const saved = this.#saved.get(record.connectorId);
      if (saved !== undefined) this.#book.check(saved);
    }
    return batch.flatMap(({ record }) => this.#book.check(record));
  }

  /** The writer's answer; null where it has none. */
  async #ask<T>(question: (api: Writer, scope: string) => Promise<WriterReply<T>>): Promise<T | null> {
    const { writer, scope, health } = this.#deps;
    try {
      const answer = await writer.ask((api) => question(api, scope));
      health.works();
      return answer;
    } catch (error) {
      health.failed(error);
      return null;
    }
  }
}

function messageOf({ tools, ...record }: ConnectorRecord): ConnectorMessage {
  return { ...record, toolsText: JSON.stringify(tools) };
}
