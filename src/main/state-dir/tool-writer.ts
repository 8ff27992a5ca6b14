import type { Remote } from 'comlink';
import { SwitchyardError } from '../../shared/errors.ts';
import type { WriterApi } from '../../shared/protocol/writer-messages.ts';
import type { WriterReply } from '../../shared/protocol/writer-reply.ts';
import type { ConnectorMessage, ConnectorRecord, InStore } from '../../shared/tools/tool-records.ts';
import type { WriterClient } from '../writer/writer-client.ts';
import type { StoreHealth } from './store-health.ts';

/** How many times the store may be replaced during one request. */
const MAX_TRIES = 4;

/** A request about tools to the store with this id, or to any store (null). */
export type ToolQuestion<T> = (api: Remote<WriterApi>, storeId: string | null) => Promise<WriterReply<InStore<T>>>;

export interface ToolWriterDeps {
  readonly writer: WriterClient;
  readonly health: StoreHealth;
  /** Puts everything that this process knows into the store of this id. */
  readonly fill: (storeId: string) => Promise<void>;
}

/**
 * Sends requests about tools to the writer. A store that replaced another store gets no request before this process has
 * filled it. Otherwise a tool whose pin the new store lacks would count as never seen. Stores are replaced if their
 * folder was deleted, if they were damaged, or if an older store was restored.
 */
export class ToolWriter {
  readonly #deps: ToolWriterDeps;
  #storeId: string | null = null;
  #filling: Promise<void> | null = null;

  constructor(deps: ToolWriterDeps) {
    this.#deps = deps;
  }

  /** Notes that this process restores its state from the store of this id. */
  knows(storeId: string): void {
    this.#storeId ??= storeId;
  }

  /** Resolves with the writer's response; null if it fails. Never rejects. */
  async ask<T>(question: ToolQuestion<T>): Promise<{ readonly value: T } | null> {
    const { writer, health } = this.#deps;
    try {
      for (let tries = 0; tries < MAX_TRIES; tries += 1) {
        const { storeId, value } = await writer.ask((api) => question(api, this.#storeId));
        if (value !== null) {
          this.#storeId = storeId;
          health.works();
          return { value };
        }
        this.#filling ??= this.#fill(storeId);
        await this.#filling;
      }
      throw new SwitchyardError('STORE_UNAVAILABLE', 'The store keeps being replaced.');
    } catch (error) {
      health.failed(error);
      return null;
    }
  }

  async #fill(storeId: string): Promise<void> {
    try {
      await this.#deps.fill(storeId);
      this.#storeId = storeId;
    } finally {
      this.#filling = null;
    }
  }
}

/** Converts a record to the form that the writer takes. */
export function messageOf({ tools, ...record }: ConnectorRecord): ConnectorMessage {
  return { ...record, toolsText: JSON.stringify(tools) };
}
