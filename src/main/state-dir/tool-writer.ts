import type { Remote } from 'comlink';
import { SwitchyardError } from '../../shared/errors.ts';
import type { WriterApi } from '../../shared/protocol/writer-messages.ts';
import type { WriterReply } from '../../shared/protocol/writer-reply.ts';
import type { ConnectorMessage, ConnectorRecord, InStore } from '../../shared/tools/tool-records.ts';
import type { WriterClient } from '../writer/writer-client.ts';
import type { StoreHealth } from './store-health.ts';

/** Maximum number of attempts for one request, because the store may be replaced during each attempt. */
const MAX_TRIES = 4;

/** A request about tools to the store with the id `storeId`. Null stands for any store. */
export type ToolQuestion<T> = (api: Remote<WriterApi>, storeId: string | null) => Promise<WriterReply<InStore<T>>>;

export interface ToolWriterDeps {
  readonly writer: WriterClient;
  readonly health: StoreHealth;
  /** Writes everything that this process knows into the store with this id. */
  readonly fill: (storeId: string) => Promise<void>;
}

/**
 * Sends requests about tools to the writer thread. A store that replaced another store must first be filled with what
 * this process knows. Otherwise a tool whose pin the new store lacks would be treated as never seen. A store is
 * replaced if its folder was deleted, if it was damaged, or if an older store was restored.
 */
export class ToolWriter {
  readonly #deps: ToolWriterDeps;
  #storeId: string | null = null;
  #filling: Promise<void> | null = null;

  constructor(deps: ToolWriterDeps) {
    this.#deps = deps;
  }

  /**
   * Records that this process restored its state from the store with this id. The state need not be written to that
   * store in full again.
   */
  knows(storeId: string): void {
    this.#storeId ??= storeId;
  }

  /** Resolves with the writer's response, or with null if the writer fails. Never rejects. */
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
      throw new SwitchyardError('STORE_UNAVAILABLE', 'The store was replaced several times during one request.');
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

/** Converts a record into the form that the writer accepts. */
export function messageOf({ tools, ...record }: ConnectorRecord): ConnectorMessage {
  return { ...record, toolsText: JSON.stringify(tools) };
}
